// A relying party that knows nothing but JOSE: the published keys, a token, its issuer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, errors, importX509, jwtVerify } from "jose";
import { ask, evidence, issuer, runtimeData } from "./evidence.js";

async function attest(more = {}) {
  const { quote } = await evidence({ runtimeData: runtimeData.toString("base64url") });
  const body = { quote, runtimeData: { data: runtimeData.toString("base64url"), dataType: "Binary" }, nonce: "123", ...more };
  return (await ask("POST", "/attest/SgxEnclave?api-version=2022-08-01", body)).token;
}

async function publishedKeys() {
  const metadata = await ask("GET", "/.well-known/openid-configuration");
  assert.equal(metadata.issuer, issuer);
  return { keys: await ask("GET", new URL(metadata.jwks_uri).pathname), url: metadata.jwks_uri };
}

const EXPECTED = { issuer, algorithms: ["RS256"], typ: "JWT" };

test("a token verifies with the published keys and says what the enclave said", async () => {
  const { payload } = await jwtVerify(await attest(), createLocalJWKSet((await publishedKeys()).keys), EXPECTED);
  assert.equal(payload["x-ms-attestation-type"], "sgx");
  assert.equal(payload["x-ms-sgx-ehd"], runtimeData.toString("base64url"));
  assert.equal(payload.nonce, "123");
  assert.equal(payload.exp - payload.iat, 28800);
});

test("a token verifies with the keys at the address in its header", async () => {
  const token = await attest();
  const { jku, kid } = decodeProtectedHeader(token);
  assert.equal(jku, (await publishedKeys()).url);
  // createRemoteJWKSet keeps to the network stack of Node, which reads NODE_EXTRA_CA_CERTS.
  const { protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(jku)), EXPECTED);
  assert.equal(protectedHeader.kid, kid);
});

test("a token verifies with the certificate of its key", async () => {
  const token = await attest();
  const { keys } = (await publishedKeys()).keys;
  const { x5c } = keys.find((key) => key.kid === decodeProtectedHeader(token).kid);
  const key = await importX509(`-----BEGIN CERTIFICATE-----\n${x5c[0].match(/.{1,64}/g).join("\n")}\n-----END CERTIFICATE-----`, "RS256");
  await jwtVerify(token, key, EXPECTED);
});

test("another issuer, a changed claim and an unsecured token are refused", async () => {
  const keys = createLocalJWKSet((await publishedKeys()).keys);
  const token = await attest();
  await assert.rejects(jwtVerify(token, keys, { ...EXPECTED, issuer: "https://other.example" }), errors.JWTClaimValidationFailed);
  const [header, payload, signature] = token.split(".");
  const changed = Buffer.from(Buffer.from(payload, "base64url").toString().replace('"nonce":"123"', '"nonce":"124"')).toString("base64url");
  assert.notEqual(changed, payload);
  await assert.rejects(jwtVerify([header, changed, signature].join("."), keys, EXPECTED), errors.JWSSignatureVerificationFailed);
  const draft = await attest({ draftPolicyForAttestation: "version=1.0; authorizationrules { => permit(); };" });
  await assert.rejects(jwtVerify(draft, keys, EXPECTED));
});
