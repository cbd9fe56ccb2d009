"""HTTPS servers for tests: a certificate made by openssl, and a server of 127.0.0.1 that runs while a `with` lasts."""

import http.server
import ssl
import subprocess
import threading


def openssl(*arguments, given=b""):
    return subprocess.run(["openssl", *arguments], input=given, check=True, capture_output=True).stdout


def make_tls(folder, *names):
    """A certificate and its key, tls.pem and tls.key, good for these names and 127.0.0.1."""
    alternatives = ",".join([f"DNS:{name}" for name in names] + ["IP:127.0.0.1"])
    openssl(
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "3650",
        "-subj",
        "/CN=test",
        "-addext",
        f"subjectAltName={alternatives}",
        "-keyout",
        str(folder / "tls.key"),
        "-out",
        str(folder / "tls.pem"),
    )
    (folder / "tls.key").chmod(0o600)


class TlsServer:
    """`folder`: with what make_tls made. `handler`: a BaseHTTPRequestHandler; what it waits for, stop_waiting ends."""

    def __init__(self, folder, handler):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "tls.pem", folder / "tls.key")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.handle_error = lambda *unused: None  # clients that go away
        self.server.daemon_threads = True
        # The handshake is made by the thread of the connection: one that stalls holds up no other.
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))

    def stop_waiting(self):
        pass

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.stop_waiting()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
