// Policies of instances that trust their callers' roles alone (AAD): anyone with the role may set them, signed or not.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { createAttestationPolicyToken } from "@azure/attestation";
import { administration, attestation, createInstance, refusal, TYPES } from "./clients.js";
import { evidence, issuer } from "./evidence.js";
import { derOf, newSigner } from "./signers.js";

const MINIMAL = "version=1.0; authorizationrules{=> permit();}; issuancerules{};"; // of the client's own samples
const NO_DEBUG = `version=1.0;
authorizationrules { c:[type=="x-ms-sgx-is-debuggable", value==false] => permit(); };
issuancerules { c:[type=="x-ms-sgx-mrsigner"] => issue(type="custom-name", value=c.value); };`;

const sha256 = (text) => createHash("sha256").update(text).digest();
const sent = [];
const url = await createInstance("js-policies");
const client = administration(url, undefined, (body) => sent.push(body));
const signers = [newSigner("RSA", "an RSA signer"), newSigner("EC", "an EC signer")];

async function attestSgx(fields) {
  return attestation(url).attestSgxEnclave(Buffer.from((await evidence(fields)).quote, "base64url"));
}

for (const type of TYPES) {
  test(`the policy for ${type} is set unsigned, read back as it was sent, and reset to the default`, async () => {
    const before = await client.getPolicy(type);
    assert.match(before.body, /^\s*version\s*=/);
    assert.notEqual(before.body, MINIMAL);
    assert.equal(before.token.algorithm, "RS256");

    const set = await client.setPolicy(type, MINIMAL);
    assert.equal(set.body.policyResolution, "Updated");
    assert.deepEqual(Buffer.from(set.body.policyTokenHash), sha256(createAttestationPolicyToken(MINIMAL).serialize()));
    assert.equal(set.body.policySigner, undefined);
    assert.equal((await client.getPolicy(type)).body, MINIMAL);

    const reset = await client.resetPolicy(type);
    assert.equal(reset.body.policyResolution, "Removed");
    assert.equal(reset.body.policySigner, undefined);
    assert.equal((await client.getPolicy(type)).body, before.body);
  });
}

for (const { kind, certificate, privateKey, der } of signers) {
  test(`a policy signed with an ${kind} key is set, read back as it was sent, and reset signed`, async () => {
    const type = "OpenEnclave";
    const policy = `${MINIMAL}\r\n// ${kind} and "quotes"\n`; // ASCII: all that this client reads back
    const set = await client.setPolicy(type, policy, { privateKey, certificate });
    const jws = sent.findLast((body) => body !== undefined);
    assert.equal(set.body.policyResolution, "Updated");
    assert.deepEqual(Buffer.from(set.body.policyTokenHash), sha256(jws));
    assert.deepEqual(derOf(set.body.policySigner), [der]);
    if (kind === "RSA") assert.equal(jws, createAttestationPolicyToken(policy, privateKey, certificate).serialize());
    const get = await client.getPolicy(type);
    assert.equal(get.body, policy);
    assert.equal(get.token.getBody()["x-ms-policy"], jws);
    assert.equal((await client.resetPolicy(type, { privateKey, certificate })).body.policyResolution, "Removed");
  });
}

test("a policy that was set decides from the next evidence on, and its hash and signer are in tokens", async () => {
  const [{ certificate, privateKey, der }] = signers;
  await client.setPolicy("SgxEnclave", NO_DEBUG, { privateKey, certificate });
  const { body } = await attestSgx({});
  assert.equal(body.issuer, url);
  assert.deepEqual(Buffer.from(body.policyHash), sha256(Buffer.from(NO_DEBUG).toString("base64url")));
  assert.deepEqual(derOf(body.policySigner), [der]);
  assert.equal(body.policyClaims["custom-name"], body.mrSigner);
  await assert.rejects(attestSgx({ debug: true }), refusal(400, "PolicyEvaluationError", /No Permit claim was issued/));

  await client.resetPolicy("SgxEnclave");
  assert.equal((await attestSgx({ debug: true })).body.policySigner, undefined);
});

test("text that is no policy is refused and changes nothing", async () => {
  const before = (await client.getPolicy("SevSnpVm")).body;
  const wrong = "version=1.0; authorizationrules{=> permit()}; issuancerules{};";
  await assert.rejects(client.setPolicy("SevSnpVm", wrong), refusal(400, "PolicyParsingError", /Invalid policy was specified/));
  assert.equal((await client.getPolicy("SevSnpVm")).body, before);
});

test("an instance without policy signers lists none, and none can be added or removed", async () => {
  const [{ certificate, privateKey }] = signers;
  assert.deepEqual((await client.getPolicyManagementCertificates()).body, []);
  for (const change of ["addPolicyManagementCertificate", "removePolicyManagementCertificate"])
    await assert.rejects(
      client[change](certificate, privateKey, certificate),
      refusal(400, "InvalidOperation", /The operation is disallowed/),
    );
});

test("the default instance has a policy for every type, and its owner sets and resets it", async () => {
  const defaultInstance = administration(issuer);
  for (const type of TYPES) assert.match((await defaultInstance.getPolicy(type)).body, /^\s*version\s*=/);
  assert.equal((await defaultInstance.setPolicy("TdxVm", MINIMAL)).body.policyResolution, "Updated");
  assert.equal((await defaultInstance.getPolicy("TdxVm")).body, MINIMAL);
  assert.notEqual((await client.getPolicy("TdxVm")).body, MINIMAL, "what is set on one instance is not set on another");
  assert.equal((await defaultInstance.resetPolicy("TdxVm")).body.policyResolution, "Removed");
});

test("a caller without a token, or with one from elsewhere, may not even read", async () => {
  const stranger = { getToken: async () => ({ token: "bm8.dG9r.ZW4", expiresOnTimestamp: Date.now() + 3600_000 }) };
  for (const credential of [null, stranger]) {
    const refused = administration(url, credential);
    const [{ certificate, privateKey }] = signers;
    for (const call of [
      () => refused.getPolicy("SgxEnclave"),
      () => refused.setPolicy("SgxEnclave", MINIMAL),
      () => refused.resetPolicy("SgxEnclave"),
      () => refused.getPolicyManagementCertificates(),
      () => refused.addPolicyManagementCertificate(certificate, privateKey, certificate),
      () => refused.removePolicyManagementCertificate(certificate, privateKey, certificate),
    ])
      await assert.rejects(call(), refusal(401, "Unauthorized"));
  }
});

test("the client's own checks refuse the answer of another instance than the one expected", async () => {
  const validationOptions = { validateToken: true, validateIssuer: true, expectedIssuer: issuer };
  await assert.rejects(client.getPolicy("SgxEnclave", { validationOptions }), /Found issuer: /);
});
