#!/usr/bin/env python3
"""Official clients against a dev server: installs them outside of the source tree, starts the server, runs their tests.

usage: run.py VIDIMUS_PROGRAM BUILD_FOLDER javascript|python|java|openapi

The suite openapi is of no client: it compares answers with api/openapi.yaml.

Exit status 77 when the clients cannot be had, unless CI=true, where that is a failure.

The tests find in their environment
    VIDIMUS_ISSUER        the default instance: https://localhost:PORT
    VIDIMUS_CLIENT        the file that says how to sign in at the dev authority: authority, tenant, client_id, client_secret
    VIDIMUS_INSTANCES     where the instances of OWN_LISTENERS are once they are created: {"name": "https://localhost:PORT"}
and for servers that they start themselves
    VIDIMUS_PROGRAM       the program
    VIDIMUS_TLS           a folder with certificate.pem, key.pem: of localhost and *.attest.localhost, trusted by the tests' process
    VIDIMUS_ENDORSEMENTS  what Intel published, without which no configured server starts; empty when VIDIMUS_VECTORS names none
"""

import filecmp
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import dev_server  # noqa: E402

# Instances with a listener each: for clients that cannot be told what names resolve to.
OWN_LISTENERS = {"javascript": [], "python": ["python-aad", "python-isolated"], "java": ["java-isolated"], "openapi": []}
INSTALL_SECONDS = 400


def skip(reason, log=None):
    if log:
        sys.stderr.write(log)
    dev_server.skip(f"official clients: {reason}")


def quietly(command, folder, reason):
    """Runs what needs a package registry."""
    try:
        done = subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        skip(f"{reason} within {INSTALL_SECONDS} s")
    if done.returncode != 0:
        skip(reason, done.stdout)


def install(build, listing, folder, how):
    """Has `how` make `folder` from a list of packages, unless an earlier run did so from this very list."""
    stamp = build / "installed"
    if stamp.is_file() and filecmp.cmp(listing, stamp, shallow=False):
        return
    stamp.unlink(missing_ok=True)
    shutil.rmtree(build / folder, ignore_errors=True)
    how()
    shutil.copy(listing, stamp)


def javascript(build, ca_files):
    source = HERE / "javascript"
    if shutil.which("npm") is None:
        skip("there is no npm")
    for stale in build.glob("*.js"):
        stale.unlink()
    for path in [*source.glob("*.js"), source / "package.json", source / "package-lock.json"]:
        shutil.copy(path, build)
    ci = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    install(build, build / "package-lock.json", "node_modules", lambda: quietly(ci, build, "npm could not install them"))
    bundle = build / "authorities.pem"
    bundle.write_bytes(b"".join(path.read_bytes() for path in ca_files))
    return ["node", "--test"], {"NODE_EXTRA_CA_CERTS": str(bundle)}


def openapi(build, ca_files):
    return python(build, ca_files, "openapi")


def python(build, ca_files, suite="python"):
    source = HERE / suite
    listing = source / "requirements.txt"
    interpreter = str(build / "venv" / "bin" / "python")

    def make():
        quietly([sys.executable, "-m", "venv", str(build / "venv")], build, "there is no venv for Python (Debian: python3-venv)")
        pip = [interpreter, "-m", "pip", "install", "--no-deps", "--only-binary", ":all:", "--disable-pip-version-check"]
        quietly([*pip, "-r", str(listing)], build, "pip could not install them")

    install(build, listing, "venv", make)
    command = [interpreter, "-B", "-m", "unittest", "discover", "-v", "-s", str(source), "-p", "*_test.py"]
    return command, {"REQUESTS_CA_BUNDLE": str(ca_files[0])}


def java(build, ca_files):
    source = HERE / "java"
    for tool in ("mvn", "javac", "keytool"):
        if shutil.which(tool) is None:
            skip(f"there is no {tool}")
    path = build / "classpath"

    def fetch():
        resolve = ["dependency:build-classpath", f"-Dmdep.outputFile={path}"]
        quietly(["mvn", "--batch-mode", "--no-transfer-progress", "--file", str(source / "pom.xml"), *resolve], build,
                "Maven could not fetch them")

    install(build, source / "pom.xml", "classes", fetch)
    class_path = os.pathsep.join([str(build / "classes"), path.read_text(encoding="utf-8")])
    shutil.rmtree(build / "classes", ignore_errors=True)
    subprocess.run(["javac", "-d", str(build / "classes"), "-cp", class_path, *map(str, source.glob("*.java"))], check=True)
    store = build / "authorities.p12"
    store.unlink(missing_ok=True)
    subprocess.run(
        ["keytool", "-importcert", "-noprompt", "-alias", "dev", "-file", str(ca_files[0]), "-keystore", str(store),
         "-storetype", "PKCS12", "-storepass", "changeit"],
        check=True, stderr=subprocess.DEVNULL,
    )
    trust = [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit"]
    launcher = ["org.junit.platform.console.ConsoleLauncher", "execute", "--disable-banner", "--disable-ansi-colors"]
    return ["java", *trust, "-cp", class_path, *launcher, f"--scan-classpath={build / 'classes'}"], {}


def make_tls(folder):
    folder.mkdir(exist_ok=True)
    names = "subjectAltName=DNS:localhost,DNS:*.attest.localhost,IP:127.0.0.1"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tests of clients", "-addext", names,
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")],
        check=True, stderr=subprocess.DEVNULL,
    )
    (folder / "key.pem").chmod(0o600)


def main(arguments):
    if len(arguments) != 3 or arguments[2] not in OWN_LISTENERS:
        print(__doc__, file=sys.stderr)
        return 2
    program, build, suite = arguments[0], pathlib.Path(arguments[1]).resolve(), arguments[2]
    endorsements = pathlib.Path(os.environ.get("VIDIMUS_VECTORS", "../shared/vectors")).resolve() / "intel" / "collateral"
    build.mkdir(parents=True, exist_ok=True)
    make_tls(build / "tls")
    listeners = {name: dev_server.free_port() for name in OWN_LISTENERS[suite]}
    options = [word for name, port in listeners.items() for word in ("--instance-listen", f"{name}=127.0.0.1:{port}")]
    with dev_server.Server(program, options) as server:
        ca_files = [server.ca_file, build / "tls" / "certificate.pem"]
        command, environment = {"javascript": javascript, "python": python, "java": java, "openapi": openapi}[suite](build, ca_files)
        environment |= {
            "VIDIMUS_ISSUER": server.issuer,
            "VIDIMUS_CLIENT": str(server.state / "client.json"),
            "VIDIMUS_INSTANCES": json.dumps({name: f"https://localhost:{port}" for name, port in listeners.items()}),
            "VIDIMUS_PROGRAM": str(pathlib.Path(program).resolve()),
            "VIDIMUS_TLS": str(build / "tls"),
            "VIDIMUS_ENDORSEMENTS": str(endorsements) if endorsements.is_dir() else "",
        }
        status = subprocess.run(command, cwd=build, env=os.environ | environment, check=False).returncode
        if status != 0:
            sys.stderr.write("the end of the server's log:\n" + "\n".join(server.log().splitlines()[-20:]) + "\n")
        return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
