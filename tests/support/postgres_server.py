"""A PostgreSQL server of a test's own: a folder and a socket that nothing else uses, gone at the end.

    with PostgresServer() as server:
        server.new_database()   # the URL of a new and empty one
        server.stop(); server.start(); server.kill()

Run as a program it shows that all of that works.
"""

import glob
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

START_SECONDS = 60
USER, PASSWORD, ENCODED_PASSWORD = "vidimus", "pass@word/1", "pass%40word%2F1"


def find_programs():
    """The folder of initdb and postgres, or None."""
    for folder in [*os.environ.get("PATH", "").split(":"), *sorted(glob.glob("/usr/lib/postgresql/*/bin"))]:
        if all(os.access(os.path.join(folder, name), os.X_OK) for name in ("initdb", "postgres", "psql")):
            return folder
    return None


def parent_folder():
    """Memory where there is plenty: a start after a SIGKILL syncs the whole folder, which takes seconds on a busy disk."""
    memory = "/dev/shm"
    return memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30 else "/tmp"


def need_postgres():
    """The same, or else the test ends loudly: skipped (77), or failed where CI=true."""
    programs = find_programs()
    if programs is None:
        print("*** NOT TESTED: there is no PostgreSQL: install postgresql-15 ***", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    return programs


class PostgresServer:
    def __init__(self):
        self.programs = need_postgres()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vidimus-postgres-", dir=parent_folder()))
        self.process = None
        self.databases = 0
        self.as_user = {}
        if os.getuid() == 0:  # initdb and postgres refuse to run as root
            names = [entry.pw_name for entry in pwd.getpwall()]
            user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def __enter__(self):
        try:
            (self.folder / "password").write_text(PASSWORD, encoding="utf-8")
            access = ["-U", USER, "-A", "scram-sha-256", "--pwfile", "password"]
            self._launch("initdb", "-D", "data", *access, "-E", "UTF8", "--no-locale")
            if self.process.wait() != 0:
                raise RuntimeError(f"initdb failed: {self.log()}")
            self.process = None
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _launch(self, program, *arguments):
        with (self.folder / "log").open("ab") as log:
            command = [f"{self.programs}/{program}", *arguments]
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, **self.as_user)

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def url(self, database="postgres"):
        return f"postgresql://{USER}:{ENCODED_PASSWORD}@/{database}?host={str(self.folder).replace('/', '%2F')}"

    def execute(self, sql, database="postgres"):
        """What psql prints: one line a row, columns divided by |. Raises subprocess.CalledProcessError when it is refused."""
        command = [f"{self.programs}/psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, self.url(database)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def new_database(self):
        self.databases += 1
        name = f"test{self.databases}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def start(self):
        """And waits until it takes connections."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            # A process of the server before may still hold its shared memory: then this one ends at once, and another is tried.
            if self.process is None or self.process.poll() is not None:
                settings = ["listen_addresses=", "fsync=on", "shared_buffers=16MB"]
                self._launch("postgres", "-D", "data", "-k", str(self.folder), *(word for each in settings for word in ("-c", each)))
            try:
                self.execute("SELECT 1")
                return
            except subprocess.CalledProcessError as error:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL does not start: {error.stderr}{self.log()}") from error
            time.sleep(0.05)

    def stop(self):
        """As an administrator would: open connections are closed."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
            self.process = None

    def _signal(self, number):
        pid = self.process.pid
        os.kill(pid, signal.SIGSTOP)  # so that it makes no more
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        for each in (pid, *map(int, children)):
            os.kill(each, number)

    def freeze(self):
        """All of its processes stop: connections stay, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)

    def kill(self):
        """SIGKILL to all of its processes."""
        self._signal(signal.SIGKILL)
        self.process.wait()
        self.process = None


def self_test():
    with PostgresServer() as server:
        server.new_database()
        server.execute("CREATE TABLE kept (number BIGINT)", "test1")
        for number, end in enumerate((server.stop, server.kill)):
            server.execute(f"INSERT INTO kept VALUES ({number})", "test1")
            end()
            server.start()
        found = server.execute("SELECT number FROM kept ORDER BY number", "test1")
        folder = server.folder
    if found != "0\n1" or folder.exists():
        sys.exit(f"found {found!r}, expected both rows and no folder left")
    print("ok")


if __name__ == "__main__":
    self_test()
