"""What no log and no answer may hold, and the search for it."""

import base64
import re

LEAST, LEAST_AT_ALL = 16, 6  # octets; shorter secrets count only as they are, or would be found by chance


class Secrets:
    """Named secrets: text or octets, of which the hexadecimal and base64 forms count too."""

    ALWAYS = {
        "a private key in PEM": re.compile("PRIVATE KEY"),
        "a JSON object in base64url": re.compile(r"(?<![\w+/-])eyJ[\w-]{12}"),
    }  # not in the middle of a key's id

    def __init__(self):
        self.forms = []

    def add(self, name, secret):
        octets = secret.encode() if isinstance(secret, str) else secret
        if len(octets) < LEAST_AT_ALL:
            raise ValueError(f"{name}: too short to search for")
        if len(octets) < LEAST:
            self.forms.append((name, octets.decode()))
            return
        encoded = base64.b64encode(octets).decode().rstrip("=")
        forms = {octets.hex(), octets.hex().upper(), encoded, encoded.translate(str.maketrans("+/", "-_"))}
        if isinstance(secret, str):
            forms.add(secret)
        self.forms += [(name, form) for form in forms]

    def found_in(self, text):
        """Names of the secrets that a text holds."""
        return sorted({name for name, form in self.forms if form in text})

    def check_log(self, log):
        """AssertionError names each kind of secret that a log holds."""
        for line in log.splitlines():
            found = self.found_in(line) + [name for name, mark in self.ALWAYS.items() if mark.search(line)]
            if found:
                raise AssertionError(f"the log holds {found}, in: {line}")

    def check_answer(self, answer, asked, token=None):
        """A refusal holds no secret; no answer holds the caller's token or a private key."""
        body = answer.body.decode(errors="replace") + str(answer.headers)
        found = self.found_in(body) if answer.status >= 400 else []
        if token and len(token) >= LEAST and token in body:
            found.append("the caller's token")
        if "PRIVATE KEY" in body:
            found.append("a private key")
        if found:
            raise AssertionError(f"the answer to {asked} ({answer.status}) holds {found}")
