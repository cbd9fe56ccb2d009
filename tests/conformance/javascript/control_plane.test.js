// Instances made, listed, changed and removed with the official client of the control plane.
import assert from "node:assert/strict";
import { test } from "node:test";
import { administration, control, GROUP, owner, refusal } from "./clients.js";
import { issuer } from "./evidence.js";
import { newSigner } from "./signers.js";

const SUBSCRIPTION = "00000000-0000-4000-8000-0000000000a1";
const client = control(SUBSCRIPTION);
const providers = client.attestationProviders;
const id = (name, group = GROUP) =>
  `/subscriptions/${SUBSCRIPTION}/resourceGroups/${group}/providers/Microsoft.Attestation/attestationProviders/${name}`;
const urlOf = (name) => issuer.replace("//localhost", `//${name}.attest.localhost`);
const names = (list) => list.value.map((provider) => provider.name).sort();
const missing = refusal(404, "ResourceNotFound");

test("an instance is created, and is there when the answer comes", async () => {
  const tags = { stage: "test", owner: "ö" };
  const made = await providers.create(GROUP, "js-plain", { location: "West Europe", tags, properties: {} });
  assert.equal(made.id, id("js-plain"));
  assert.equal(made.name, "js-plain");
  assert.equal(made.type, "Microsoft.Attestation/attestationProviders");
  assert.equal(made.location, "West Europe");
  assert.deepEqual(made.tags, tags);
  assert.deepEqual([made.trustModel, made.status, made.attestUri], ["AAD", "Ready", urlOf("js-plain")]);
  assert.ok(made.systemData.createdBy);
  assert.ok(Math.abs(made.systemData.createdAt - Date.now()) < 60_000);
  assert.deepEqual(await providers.get(GROUP, "js-plain"), made);
  assert.match((await administration(made.attestUri).getPolicy("SgxEnclave")).body, /^version/);
});

test("an instance created with policy signers is isolated", async () => {
  const keys = [newSigner("RSA", "one").jwk, newSigner("EC", "other").jwk];
  const properties = { policySigningCertificates: { keys } };
  const made = await providers.create("Other_Group", "js-signed", { location: "local", properties });
  assert.deepEqual([made.trustModel, made.status, made.attestUri], ["Isolated", "Ready", urlOf("js-signed")]);
  assert.equal(made.id, id("js-signed", "Other_Group"));
  assert.equal((await administration(made.attestUri).getPolicyManagementCertificates()).body.length, 2);
});

test("instances are listed by subscription and by group, whatever the case of these", async () => {
  assert.deepEqual(names(await providers.list()), ["js-plain", "js-signed"]);
  assert.deepEqual(names(await providers.listByResourceGroup(GROUP.toUpperCase())), ["js-plain"]);
  assert.deepEqual(names(await providers.listByResourceGroup("other_group")), ["js-signed"]);
  assert.deepEqual(names(await providers.listByResourceGroup("no-such-group")), []);
  assert.deepEqual(names(await control("00000000-0000-4000-8000-0000000000a2").attestationProviders.list()), []);
});

test("an instance is not found from another group or subscription", async () => {
  await assert.rejects(providers.get("other_group", "js-plain"), missing);
  await assert.rejects(control("00000000-0000-4000-8000-0000000000a2").attestationProviders.get(GROUP, "js-plain"), missing);
  await assert.rejects(providers.get(GROUP, "js-nowhere"), missing);
  await assert.rejects(providers.update(GROUP, "js-nowhere", { tags: {} }), missing);
});

test("tags are replaced and nothing else changes", async () => {
  const before = await providers.get(GROUP, "js-plain");
  const changed = await providers.update(GROUP, "js-plain", { tags: { stage: "changed" } });
  assert.deepEqual({ ...changed, systemData: undefined }, { ...before, systemData: undefined, tags: { stage: "changed" } });
  assert.deepEqual(await providers.get(GROUP, "js-plain"), changed);
});

test("creating what is there, as it is, changes its tags; with another trust model it is a conflict", async () => {
  const again = await providers.create(GROUP, "js-plain", { location: "West Europe", tags: { stage: "again" }, properties: {} });
  assert.deepEqual([again.tags, again.trustModel], [{ stage: "again" }, "AAD"]);
  const properties = { policySigningCertificates: { keys: [newSigner("RSA", "late").jwk] } };
  await assert.rejects(providers.create(GROUP, "js-plain", { location: "West Europe", properties }), refusal(409, "Conflict"));
  assert.equal((await providers.get(GROUP, "js-plain")).trustModel, "AAD");
});

test("a name that is taken elsewhere is a conflict", async () => {
  const body = { location: "local", properties: {} };
  await assert.rejects(providers.create("third-group", "js-plain", body), refusal(409, "Conflict"));
  await assert.rejects(providers.create("third-group", "JS-Plain", body), refusal(409, "Conflict"));
});

test("a deleted instance is gone from both planes, deleting it again is no error, and its next life has other keys", async () => {
  const body = { location: "local", properties: {} };
  const { attestUri } = await providers.create(GROUP, "js-mortal", body);
  const keys = async () => {
    const answer = await fetch(`${attestUri}/certs`);
    return [answer.status, (await answer.json()).keys?.map((key) => key.kid)];
  };
  const [, former] = await keys();
  assert.equal(former.length, 1);
  await providers.delete(GROUP, "js-mortal");
  await assert.rejects(providers.get(GROUP, "js-mortal"), missing);
  assert.equal(names(await providers.list()).includes("js-mortal"), false);
  assert.equal((await keys())[0], 404);
  await providers.delete(GROUP, "js-mortal");
  await providers.create(GROUP, "js-mortal", body);
  const [status, now] = await keys();
  assert.equal(status, 200);
  assert.notDeepEqual(now, former);
  await providers.delete(GROUP, "js-mortal");
});

test("a name of wrong length or letters is refused by the service, too", async () => {
  // Not by the client's own check of the pattern, which does not let these through.
  const { token } = await owner.getToken(`${issuer}/.default`);
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  for (const name of ["ab", "a".repeat(25), "under_score", "dot.ted", "%C3%A4%C3%B6%C3%BC", "-leading", "trailing-"]) {
    const put = { method: "PUT", headers, body: JSON.stringify({ location: "local", properties: {} }) };
    const answer = await fetch(`${issuer}${id(name)}?api-version=2020-10-01`, put);
    const { error } = await answer.json();
    assert.equal(answer.status, 400, `${name}: ${JSON.stringify(error)}`);
    assert.ok(error.code && error.message);
    await assert.rejects(providers.get(GROUP, decodeURIComponent(name)), missing);
  }
});

test("bodies that say nothing usable are refused", async () => {
  const create = (body) => providers.create(GROUP, "js-never", body);
  const signed = (key) => ({ location: "local", properties: { policySigningCertificates: { keys: [key] } } });
  const refused = (error) => assert.ok(error.statusCode === 400 && error.code) ?? true;
  await assert.rejects(create({ location: "", properties: {} }), refused);
  await assert.rejects(create(signed({ kty: "RSA" })), refused);
  await assert.rejects(create(signed({ kty: "RSA", x5C: ["bm8gY2VydGlmaWNhdGU="] })), refused);
  await assert.rejects(create({ location: "local", tags: { ["n".repeat(513)]: "" }, properties: {} }), refused);
  await assert.rejects(providers.get(GROUP, "js-never"), missing);
});

test("the default provider is the default instance, wherever one asks", async () => {
  const { value } = await providers.listDefault();
  assert.deepEqual(value.map((provider) => [provider.attestUri, provider.status]), [[issuer, "Ready"]]);
  assert.equal((await providers.getDefaultByLocation("Central US")).attestUri, issuer);
  assert.deepEqual(await providers.getDefaultByLocation("local"), value[0]);
});

test("operations are listed with what they do", async () => {
  const { value } = await client.operations.list();
  assert.ok(value.some(({ name }) => name === "Microsoft.Attestation/attestationProviders/write"));
  const texts = value.flatMap(({ name, display }) => [name, display.provider, display.resource, display.operation, display.description]);
  assert.ok(texts.every(Boolean), texts.join());
});

test("there are no private endpoint connections", async () => {
  const connections = client.privateEndpointConnections;
  for await (const connection of connections.list(GROUP, "js-plain")) assert.fail(`found ${connection.name}`);
  await assert.rejects(connections.get(GROUP, "js-plain", "any"), missing);
});

test("any of the usual audiences will do, one for the data plane will not", async () => {
  const listWith = (credentialScopes) =>
    control(SUBSCRIPTION, { credential: { getToken: () => owner.getToken(credentialScopes) } }).attestationProviders.list();
  for (const audience of ["https://management.azure.com", "https://management.core.windows.net/", issuer])
    assert.ok((await listWith(`${audience}/.default`)).value.length > 0, audience);
  await assert.rejects(listWith("https://attest.azure.net/.default"), refusal(401, "Unauthorized"));
});
