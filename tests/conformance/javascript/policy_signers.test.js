// Isolated instances: only their policy signers change policies and signers. The tests share an instance and run in order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { administration, createInstance, refusal, TYPES } from "./clients.js";
import { derOf, newSigner } from "./signers.js";

const POLICY = "version=1.0; authorizationrules{=> permit();}; issuancerules{};";

const [first, second, third, stranger] = [
  newSigner("RSA", "first"),
  newSigner("EC", "second"),
  newSigner("RSA", "third"),
  newSigner("RSA", "stranger"),
];
const url = await createInstance("js-isolated", [first, second]);
const client = administration(url);

const byThumbprint = (one, other) => Buffer.compare(one, other);
async function listed() {
  const { body } = await client.getPolicyManagementCertificates();
  return body.flatMap(derOf).sort(byThumbprint);
}
const only = (...signers) => signers.map((signer) => signer.der).sort(byThumbprint);
const add = (signer, by) => client.addPolicyManagementCertificate(signer.certificate, by.privateKey, by.certificate);
const remove = (signer, by) => client.removePolicyManagementCertificate(signer.certificate, by.privateKey, by.certificate);

test("an isolated instance lists the signers it was created with", async () => {
  assert.deepEqual(await listed(), only(first, second));
});

for (const type of TYPES) {
  test(`the policy for ${type} is set and reset by a signer, and by nobody else`, async () => {
    const before = (await client.getPolicy(type)).body;
    await assert.rejects(client.setPolicy(type, POLICY), refusal(400, "InvalidOperation", /Unsigned JWS specified/));
    await assert.rejects(client.setPolicy(type, POLICY, stranger), refusal(400, "InvalidOperation"));
    assert.equal((await client.getPolicy(type)).body, before);

    const set = await client.setPolicy(type, POLICY, first);
    assert.equal(set.body.policyResolution, "Updated");
    assert.deepEqual(derOf(set.body.policySigner), [first.der]);
    assert.equal((await client.getPolicy(type)).body, POLICY);

    await assert.rejects(client.resetPolicy(type), refusal(400, "InvalidOperation", /Unsigned JWS specified/));
    await assert.rejects(client.resetPolicy(type, stranger), refusal(400, "InvalidOperation"));
    assert.equal((await client.getPolicy(type)).body, POLICY);
    assert.equal((await client.resetPolicy(type, first)).body.policyResolution, "Removed");
    assert.equal((await client.getPolicy(type)).body, before);
  });
}

test("a signer with an EC key sets and resets as well", async () => {
  const set = await client.setPolicy("SgxEnclave", POLICY, second);
  assert.deepEqual(derOf(set.body.policySigner), [second.der]);
  assert.equal((await client.resetPolicy("SgxEnclave", second)).body.policyResolution, "Removed");
});

test("who has a certificate from a signer sets and resets as well", async () => {
  const employee = newSigner("RSA", "employee", first);
  const set = await client.setPolicy("SgxEnclave", POLICY, employee);
  assert.deepEqual(derOf(set.body.policySigner), [employee.der]);
  assert.equal((await client.resetPolicy("SgxEnclave", employee)).body.policyResolution, "Removed");
  await assert.rejects(client.setPolicy("SgxEnclave", POLICY, newSigner("RSA", "other", stranger)), refusal(400, "InvalidOperation"));
});

test("only a signer adds a signer", async () => {
  await assert.rejects(add(third, third), refusal(400, "InvalidOperation"));
  await assert.rejects(
    client.addPolicyManagementCertificate(third.certificate),
    refusal(400, "InvalidOperation", /Unsigned JWS specified/),
  );
  assert.deepEqual(await listed(), only(first, second));
});

test("a signer that is added is present, once, and signs", async () => {
  for (let times = 0; times < 2; ++times) {
    const { body } = await add(third, second);
    assert.deepEqual([body.certificateResolution, body.certificateThumbprint], ["IsPresent", third.thumbprint]);
    assert.deepEqual(await listed(), only(first, second, third));
  }
  assert.equal((await client.setPolicy("SgxEnclave", POLICY, third)).body.policyResolution, "Updated");
});

test("a signer that is removed is absent and signs no more, while what it signed stays", async () => {
  await assert.rejects(remove(third, stranger), refusal(400, "InvalidOperation"));
  for (let times = 0; times < 2; ++times) {
    const { body } = await remove(third, first);
    assert.deepEqual([body.certificateResolution, body.certificateThumbprint], ["IsAbsent", third.thumbprint]);
    assert.deepEqual(await listed(), only(first, second));
  }
  await assert.rejects(client.resetPolicy("SgxEnclave", third), refusal(400, "InvalidOperation"));
  assert.equal((await client.getPolicy("SgxEnclave")).body, POLICY);
});

test("the last signer cannot be removed", async () => {
  assert.equal((await remove(first, second)).body.certificateResolution, "IsAbsent");
  await assert.rejects(remove(second, second), (error) => {
    assert.equal(error.statusCode, 400);
    return true;
  });
  assert.deepEqual(await listed(), only(second));
  assert.equal((await add(first, second)).body.certificateResolution, "IsPresent");
});
