// Keys and certificates of those who sign policies.
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ALGORITHMS = { RSA: ["rsa:2048"], EC: ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] };

// `certificate` and `privateKey` in PEM, `jwk` as the clients of the control plane take it. Without an issuer, a CA that names itself.
export function newSigner(kind, name, issuer) {
  const folder = mkdtempSync(join(tmpdir(), "vidimus-signer-"));
  const options = ["-nodes", "-days", "2", "-subj", `/CN=${name}`, "-keyout", "-", "-out", "-", "-newkey", ...ALGORITHMS[kind]];
  if (issuer) {
    for (const part of ["certificate", "privateKey"]) writeFileSync(join(folder, part), issuer[part], { mode: 0o600 });
    options.push("-CA", join(folder, "certificate"), "-CAkey", join(folder, "privateKey"));
  }
  const made = execFileSync("openssl", ["req", "-x509", ...options], { stdio: ["ignore", "pipe", "ignore"], encoding: "utf8" });
  rmSync(folder, { recursive: true });
  const at = made.indexOf("-----BEGIN CERTIFICATE-----");
  const x509 = new X509Certificate(made.slice(at));
  return {
    kind,
    certificate: made.slice(at),
    privateKey: made.slice(0, at),
    der: x509.raw,
    thumbprint: x509.fingerprint.replaceAll(":", ""), // SHA-1, upper case
    jwk: { kty: kind, alg: kind === "RSA" ? "RS256" : "ES256", use: "sig", x5C: [x509.raw.toString("base64")] },
  };
}

// The certificates that a client read, as DER.
export const derOf = (signer) => signer.certificates.map((pem) => new X509Certificate(pem).raw);
