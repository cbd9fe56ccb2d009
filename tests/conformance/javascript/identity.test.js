// Signing in at the dev server's own authority with @azure/identity.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { administration, credentialOf, DATA_SCOPE, owner, refusal, signIn } from "./clients.js";
import { issuer } from "./evidence.js";

test("a client secret gives a token that verifies with the authority's published keys", async () => {
  const { token, expiresOnTimestamp } = await owner.getToken(DATA_SCOPE);
  const discovery = await (await fetch(`${issuer}/dev/v2.0/.well-known/openid-configuration`)).json();
  const expected = { issuer: discovery.issuer, audience: "https://attest.azure.net", algorithms: ["RS256"] };
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(discovery.jwks_uri)), expected);
  assert.equal(payload.sub, signIn.client_id);
  assert.ok(Math.abs(expiresOnTimestamp / 1000 - payload.exp) <= 60);
  assert.ok(expiresOnTimestamp > Date.now() + 600_000);
});

test("a token is for the audience that was asked for, and no other opens the data plane", async () => {
  const scope = "https://vault.example/.default";
  const elsewhere = { getToken: () => owner.getToken(scope) };
  await assert.rejects(administration(issuer, elsewhere).getPolicy("SgxEnclave"), refusal(401, "Unauthorized"));
  assert.match((await administration(issuer).getPolicy("SgxEnclave")).body, /^version/);
});

test("a wrong secret, client or tenant gives no token", async () => {
  const wrong = (changed) => credentialOf({ ...signIn, ...changed }).getToken(DATA_SCOPE);
  for (const changed of [{ client_secret: "bm90IHRoZSBzZWNyZXQ" }, { client_id: "00000000-0000-4000-8000-000000000000" }])
    await assert.rejects(wrong(changed), (error) => {
      assert.match(error.message, /invalid_client/);
      assert.equal(error.message.includes(changed.client_secret ?? signIn.client_secret), false);
      return true;
    });
  await assert.rejects(wrong({ tenant: "other" }));
});

test("a scope that names no resource gives no token", async () => {
  await assert.rejects(owner.getToken("just-a-scope"), /invalid_scope/);
});
