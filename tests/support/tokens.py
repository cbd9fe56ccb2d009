"""Tokens and their keys, taken apart with nothing but the standard library: base64url, DER, RS256."""

import base64
import hashlib
import json

# DER of DigestInfo for SHA-256 up to the digest (RFC 8017 section 9.2, note 1).
SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def decode(text):
    """base64url without padding, as a JWS has it; refuses everything else."""
    if "=" in text or "+" in text or "/" in text:
        raise ValueError(f"not base64url without padding: {text[:40]!r}")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def split(token):
    """(header, payload, signature): two objects and octets. Both objects must be compact JSON with sorted members."""
    header, payload, signature = token.split(".")
    parts = []
    for part in (header, payload):
        octets = decode(part)
        value = json.loads(octets)
        compact = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        if octets != compact:
            raise ValueError(f"not compact JSON with sorted members: {octets[:400]!r}")
        parts.append(value)
    return parts[0], parts[1], decode(signature)


def element(octets, at):
    """(tag, start of content, end) of the DER element at an offset."""
    length, start = octets[at + 1], at + 2
    if length >= 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(octets[start : start + count], "big"), start + count
    return octets[at], start, start + length


def children(octets, at):
    """Offsets of the elements inside the one at an offset."""
    _, start, end = element(octets, at)
    out = []
    while start < end:
        out.append(start)
        start = element(octets, start)[2]
    return out


def public_key_info(certificate):
    """The SubjectPublicKeyInfo of a DER certificate: the field after the subject (RFC 5280 section 4.1)."""
    fields = children(certificate, children(certificate, 0)[0])
    has_version = certificate[fields[0]] == 0xA0
    at = fields[6 if has_version else 5]
    return certificate[at : element(certificate, at)[2]]


def rsa_numbers(info):
    """(modulus, exponent) of an RSA SubjectPublicKeyInfo."""
    _, start, end = element(info, children(info, 0)[1])
    key = info[start + 1 : end]  # a BIT STRING begins with its count of unused bits
    return tuple(int.from_bytes(key[element(key, at)[1] : element(key, at)[2]], "big") for at in children(key, 0))


def key_id(jwk):
    """base64 of SHA-256 over the leaf's public key as PEM text and a NUL (maa-rest-api section 1.6)."""
    text = base64.b64encode(public_key_info(base64.b64decode(jwk["x5c"][0], validate=True))).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    pem = f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"
    return base64.b64encode(hashlib.sha256(pem.encode() + b"\0").digest()).decode()


def verifies(token, jwk):
    """Whether a token's RS256 signature is one of the key's (RFC 8017 section 8.2.2), read from its certificate."""
    modulus, exponent = rsa_numbers(public_key_info(base64.b64decode(jwk["x5c"][0], validate=True)))
    signed, _, signature = token.rpartition(".")
    octets = decode(signature)
    size = (modulus.bit_length() + 7) // 8
    digest = SHA256_DIGEST_INFO + hashlib.sha256(signed.encode()).digest()
    padded = b"\0\1" + b"\xff" * (size - len(digest) - 3) + b"\0" + digest
    return len(octets) == size and pow(int.from_bytes(octets, "big"), exponent, modulus) == int.from_bytes(padded, "big")
