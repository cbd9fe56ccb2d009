// The official JavaScript client, unmodified, with its own checks of tokens switched on.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { AttestationClient } from "@azure/attestation";
import { evidence, issuer, runtimeData, runtimeJson } from "./evidence.js";

const POLICY = `version=1.0;
authorizationrules { c:[type=="x-ms-sgx-is-debuggable", value==false] => permit(); };
issuancerules { c:[type=="x-ms-sgx-mrsigner"] => issue(type="custom-name", value=c.value); };`;

const signersSeen = [];
const client = new AttestationClient(issuer, {
  validationOptions: {
    validateToken: true,
    validateExpirationTime: true,
    validateNotBeforeTime: true,
    validateIssuer: true,
    expectedIssuer: issuer,
    validateAttestationToken: (token, signer) => {
      signersSeen.push(signer);
      return token.issuer === issuer ? [] : ["not the issuer"];
    },
  },
});

const attest = {
  SgxEnclave: async (fields, options) => client.attestSgxEnclave(Buffer.from((await evidence(fields)).quote, "base64url"), options),
  OpenEnclave: async (fields, options) => client.attestOpenEnclave(Buffer.from((await evidence(fields)).report, "base64url"), options),
};

for (const [kind, attestEnclave] of Object.entries(attest)) {
  test(`${kind} evidence alone is attested`, async () => {
    const { body, token } = await attestEnclave({ productId: 7, svn: 3, debug: true });
    assert.equal(body.issuer, issuer);
    assert.equal(body.verifierType, "sgx");
    assert.deepEqual([body.productId, body.svn, body.isDebuggable], [7, 3, true]);
    assert.match(body.mrEnclave, /^[0-9a-f]{64}$/);
    assert.match(body.mrSigner, /^[0-9a-f]{64}$/);
    assert.equal(body.version, "1.0");
    assert.equal(body.enclaveHeldData, undefined);
    assert.equal(body.runTimeClaims, undefined);
    assert.ok(body.sgxCollateral.quotehash);
    assert.equal(body.policyHash.length, 32);
    assert.ok(token.expiresOn > new Date());
    assert.match(body.uniqueId, /^[0-9a-f]{64}$/);
    assert.equal(token.algorithm, "RS256");
    assert.deepEqual(token.getTokenProblems(await client.getAttestationSigners(), { validateToken: true }), []);
  });

  test(`${kind} evidence with binary runtime data gives the data back`, async () => {
    const { body } = await attestEnclave({ runtimeData: runtimeData.toString("base64url") }, { runTimeData: runtimeData });
    assert.deepEqual(Buffer.from(body.enclaveHeldData), runtimeData);
    assert.equal(body.runTimeClaims, undefined);
  });

  test(`${kind} evidence with JSON runtime data gives claims`, async () => {
    const { body } = await attestEnclave({ runtimeData: runtimeJson.toString("base64url") }, { runTimeJson: runtimeJson });
    assert.deepEqual(body.runTimeClaims, JSON.parse(runtimeJson));
    assert.equal(body.enclaveHeldData, undefined);
  });

  test(`${kind} evidence with JSON init-time data gives claims`, async () => {
    const configId = createHash("sha256").update(runtimeJson).digest("hex") + "00".repeat(32);
    const { body } = await attestEnclave({ kss: true, configId }, { initTimeJson: runtimeJson });
    assert.deepEqual(body.initTimeClaims, JSON.parse(runtimeJson));
  });

  test(`${kind} evidence under a draft policy gives an unsecured token with the policy's claims`, async () => {
    const { body, token } = await attestEnclave({}, { draftPolicyForAttestation: POLICY });
    assert.equal(token.algorithm, "none");
    assert.equal(body.policyClaims["custom-name"], body.mrSigner);
  });

  test(`${kind} evidence that a draft policy does not permit is an error`, async () => {
    await assert.rejects(attestEnclave({ debug: true }, { draftPolicyForAttestation: POLICY }), (error) => {
      assert.equal(error.statusCode, 400);
      assert.equal(error.code, "PolicyEvaluationError");
      assert.match(error.message, /No Permit claim was issued/);
      return true;
    });
  });

  test(`${kind} evidence with other runtime data than it is bound to is an error`, async () => {
    const attested = attestEnclave({ runtimeData: runtimeData.toString("base64url") }, { runTimeData: Buffer.from("other") });
    await assert.rejects(attested, (error) => {
      assert.equal(error.statusCode, 400);
      assert.equal(error.code, "InvalidParameter");
      return true;
    });
  });
}

test("the signer of tokens is a published one with a certificate", async () => {
  const signers = await client.getAttestationSigners();
  assert.ok(signers.length >= 1);
  for (const signer of signers) {
    assert.ok(signer.keyId);
    assert.match(signer.certificates[0], /^-----BEGIN CERTIFICATE-----/);
  }
  assert.ok(signersSeen.some((signer) => signer?.keyId === signers[0].keyId));
});

test("the OpenID metadata names the issuer and its keys", async () => {
  const metadata = await client.getOpenIdMetadata();
  assert.equal(metadata.issuer, issuer);
  assert.equal(metadata.jwks_uri ?? metadata.jwksUri, `${issuer}/certs`);
});

test("the client's own checks refuse another issuer", async () => {
  const strict = { validateToken: true, validateIssuer: true, expectedIssuer: "https://other.example" };
  await assert.rejects(attest.SgxEnclave({}, { validationOptions: strict }), /expected issuer: https:\/\/other.example/);
});
