#!/usr/bin/env python3
"""Holds many idle TLS connections to a server in another process and checks that they cost it little.

usage: idle_connections.py HOST PORT CAFILE SERVER_PID [--connections N] [--path /healthz] [--host-header NAME]

Expects less than 512 MiB resident in the server, and of a client asking meanwhile a 99th percentile under 5 times that without.
"""

import argparse
import resource
import socket
import ssl
import sys
import time

MEMORY_LIMIT_KIB = 512 * 1024
SLOWDOWN_LIMIT = 5.0
REQUESTS = 2000  # of each round
ROUNDS = 5


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    sys.exit(f"no VmRSS of process {pid}")


def connect(arguments, context):
    plain = socket.create_connection((arguments.host, arguments.port), timeout=30)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain, server_hostname=arguments.host_header or arguments.host)


class IdleConnection:
    """A handshake in memory over a bare socket: Python's own TLS sockets take several times the room."""

    def __init__(self, arguments, context):
        self.socket = socket.create_connection((arguments.host, arguments.port), timeout=30)
        self.incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, outgoing, server_hostname=arguments.host_header or arguments.host)
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.socket.sendall(outgoing.read())
                received = self.socket.recv(65536)
                if not received:
                    sys.exit("the server closed a connection during its handshake")
                self.incoming.write(received)
        self.socket.sendall(outgoing.read())
        self.socket.setblocking(False)

    def is_open(self):
        try:
            return self.socket.recv(1) != b""
        except BlockingIOError:
            return True


def percentile_99(arguments, context):
    """Milliseconds. The best of several rounds: others on the machine make a round slower, none makes it faster."""
    return min(percentile_99_of_round(arguments, context) for _ in range(ROUNDS))


def percentile_99_of_round(arguments, context):
    """Over one connection that is kept."""
    client = connect(arguments, context)
    name = arguments.host_header or arguments.host
    request = f"GET {arguments.path} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode()
    times = []
    for _ in range(REQUESTS):
        start = time.perf_counter()
        client.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            received = client.recv(65536)
            if not received:
                sys.exit("the server closed the connection of the measuring client")
            answer += received
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            sys.exit(f"expected 200, found {head[:60]!r}")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        while len(body) < length:
            body += client.recv(65536)
        times.append((time.perf_counter() - start) * 1000)
    client.close()
    return sorted(times)[int(len(times) * 0.99)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("ca_file")
    parser.add_argument("server_pid", type=int)
    parser.add_argument("--connections", type=int, default=10000)
    parser.add_argument("--path", default="/healthz")
    parser.add_argument("--host-header", default="")
    arguments = parser.parse_args()

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    context = ssl.create_default_context(cafile=arguments.ca_file)

    percentile_99(arguments, context)  # warms both sides
    alone = percentile_99(arguments, context)
    before = resident_kib(arguments.server_pid)
    start = time.monotonic()
    idle = [IdleConnection(arguments, context) for _ in range(arguments.connections)]
    took = time.monotonic() - start
    after = resident_kib(arguments.server_pid)
    loaded = percentile_99(arguments, context)
    still_open = sum(connection.is_open() for connection in idle)

    print(f"{len(idle)} idle connections, opened in {took:.1f} s: resident {before / 1024:.0f} MiB before, {after / 1024:.0f} MiB with them, "
          f"{(after - before) / len(idle):.1f} KiB each")
    print(f"99th percentile: {alone:.3f} ms alone, {loaded:.3f} ms with them, ratio {loaded / alone:.2f}")
    failures = []
    if still_open != len(idle):
        failures.append(f"only {still_open} of {len(idle)} connections are still open")
    if after >= MEMORY_LIMIT_KIB:
        failures.append(f"resident memory {after} KiB, expected less than {MEMORY_LIMIT_KIB}")
    if loaded >= SLOWDOWN_LIMIT * alone:
        failures.append(f"99th percentile {loaded / alone:.1f} times that without idle connections, expected less than {SLOWDOWN_LIMIT}")
    for failure in failures:
        print("FAIL:", failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
