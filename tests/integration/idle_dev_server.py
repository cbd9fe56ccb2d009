#!/usr/bin/env python3
"""Runs idle_connections.py against a dev server.

usage: idle_dev_server.py VIDIMUS_PROGRAM [CONNECTIONS]
"""

import pathlib
import resource
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402

SPARE_FILES = 200


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    connections = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < connections + SPARE_FILES:
        dev_server.skip(f"only {hard} open files are allowed: raise the hard limit (ulimit -Hn)")
    with dev_server.Server(sys.argv[1]) as server:
        measure = pathlib.Path(__file__).with_name("idle_connections.py")
        command = [
            sys.executable,
            str(measure),
            "localhost",
            str(server.port),
            str(server.ca_file),
            str(server.process.pid),
            "--connections",
            str(connections),
        ]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
