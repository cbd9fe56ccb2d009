// A server that trusts somebody else's OpenID provider: oidc-provider, a real one. Roles by claims of its tokens.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import Provider from "oidc-provider";
import { administration, control, createInstance, credentialOf, DATA_SCOPE, GROUP, refusal } from "./clients.js";

const POLICY = "version=1.0; authorizationrules{=> permit();}; issuancerules{};";
const TENANT = "contoso";
const AUDIENCE = "https://attest.azure.net";
const ROLES = { operator: ["platform"], contributor: ["writers"], reader: ["staff", "readers"], stranger: [] };

const tls = (file) => join(process.env.VIDIMUS_TLS, file);
const secrets = Object.fromEntries(Object.keys(ROLES).map((name) => [name, randomBytes(32).toString("hex")]));

// MSAL looks for an authority https://HOST/TENANT at /TENANT/v2.0, so that is where the provider is mounted.
async function startProvider() {
  const listener = createHttpsServer({ cert: readFileSync(tls("certificate.pem")), key: readFileSync(tls("key.pem")) });
  provider.server = listener;
  await once(listener.listen(0, "127.0.0.1"), "listening");
  provider.authority = `https://localhost:${listener.address().port}`;
  provider.issuer = `${provider.authority}/${TENANT}/v2.0`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const openId = new Provider(provider.issuer, {
    clients: Object.keys(ROLES).map((name) => ({
      client_id: name,
      client_secret: secrets[name],
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: "client_secret_post",
    })),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        // A client of MSAL names the resource in its scope.
        defaultResource: (ctx) => ctx.oidc.params.scope.replace(/\/\.default$/, ""),
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, audience) => ({ audience, scope: `${audience}/.default`, accessTokenFormat: "jwt" }),
      },
    },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig", kid: "first" }] },
    extraTokenClaims: (ctx, token) => ({ roles: ROLES[token.clientId] }),
    ttl: { ClientCredentials: 600 },
  });
  const handle = openId.callback();
  listener.on("request", (request, response) => {
    request.originalUrl = request.url;
    request.url = request.url.replace(`/${TENANT}/v2.0`, "");
    handle(request, response);
  });
}

async function freePort() {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startServer() {
  const { issuer } = provider;
  const port = await freePort();
  server.url = `https://localhost:${port}`;
  writeFileSync(join(folder, "master"), randomBytes(32).toString("hex"), { mode: 0o600 });
  for (const file of ["certificate.pem", "key.pem"]) copyFileSync(tls(file), join(folder, file));
  const config = `
    listen = "127.0.0.1:${port}"
    issuer = "${server.url}"
    endorsements = ["${endorsements}"]
    tls.certificate = "certificate.pem"
    tls.key = "key.pem"
    keys.master = "master"
    store.url = "sqlite:store.db"
    instances.url = "https://{name}.attest.localhost:${port}"
    [[auth.issuer]]
    issuer = "${issuer}"
    audiences = ["${AUDIENCE}"]
    ca = "certificate.pem"
    [[auth.operator]]
    issuer = "${issuer}"
    claim = "roles"
    value = "platform"
  `;
  writeFileSync(join(folder, "vidimus.toml"), config);
  const child = spawn(process.env.VIDIMUS_PROGRAM, ["serve", "--config", join(folder, "vidimus.toml")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  server.child = child;
  let log = "";
  child.stderr.on("data", (data) => (log += data));
  const lines = createInterface({ input: child.stdout });
  const started = await Promise.race([
    once(lines, "line").then(([line]) => line),
    once(child, "exit").then(([status]) => `exited with ${status}`),
  ]);
  assert.match(started, /^listening https:/, log);
}

const endorsements = process.env.VIDIMUS_ENDORSEMENTS;
const skip = endorsements ? false : "*** NOT TESTED: no recorded endorsements: set VIDIMUS_VECTORS ***";
assert.ok(!skip || process.env.CI !== "true", skip);

const folder = mkdtempSync(join(tmpdir(), "vidimus-provider-"));
const provider = {}; // {server, authority, issuer}
const server = {}; // {child, url}

before(
  async () => {
    if (skip) return;
    await startProvider();
    await startServer();
  },
  { timeout: 60_000 },
);
after(async () => {
  if (server.child?.exitCode === null) {
    const stopped = once(server.child, "exit");
    server.child.kill();
    await stopped;
  }
  provider.server?.closeAllConnections();
  provider.server?.close();
  rmSync(folder, { recursive: true });
});

const credential = (name) =>
  credentialOf({ authority: provider.authority, tenant: TENANT, client_id: name, client_secret: secrets[name] });
// The provider is asked for the control plane's usual audience, since it knows nothing of this server.
const armCredential = (name) => ({ getToken: () => credential(name).getToken("https://management.azure.com/.default") });
const create = (name) => createInstance(name, [], { endpoint: server.url, credential: armCredential("operator") });

async function patchSettings(url, settings, name = "operator") {
  const { token } = await credential(name).getToken(DATA_SCOPE);
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  return fetch(`${url}/vidimus/v1/settings`, { method: "PATCH", headers, body: JSON.stringify(settings) });
}
const grant = (role, value) => ({ issuer: provider.issuer, claim: "roles", value, role });
const forbidden = refusal(403, "Forbidden");

test("only the operator of a configured server creates instances, and owns what it created", { skip }, async () => {
  for (const name of ["contributor", "stranger"]) {
    const client = control("00000000-0000-4000-8000-0000000000b1", { endpoint: server.url, credential: armCredential(name) });
    await assert.rejects(client.attestationProviders.create(GROUP, "js-theirs", { location: "local", properties: {} }), forbidden);
    await assert.rejects(client.attestationProviders.list(), forbidden);
  }
  const url = await create("js-owned");
  assert.equal((await administration(url, credential("operator")).setPolicy("SgxEnclave", POLICY)).body.policyResolution, "Updated");
});

test("a caller whose token holds but who has no role is forbidden everything", { skip }, async () => {
  const url = await create("js-closed");
  for (const name of ["contributor", "reader", "stranger"]) {
    const client = administration(url, credential(name));
    await assert.rejects(client.getPolicy("SgxEnclave"), forbidden);
    await assert.rejects(client.setPolicy("SgxEnclave", POLICY), forbidden);
    await assert.rejects(client.resetPolicy("SgxEnclave"), forbidden);
    await assert.rejects(client.getPolicyManagementCertificates(), forbidden);
    assert.equal((await patchSettings(url, { grants: [] }, name)).status, 403);
  }
  await assert.rejects(administration(url, null).getPolicy("SgxEnclave"), refusal(401, "Unauthorized"));
});

test("grants by claim say who reads and who changes", { skip }, async () => {
  const url = await create("js-granted");
  const granted = await patchSettings(url, { grants: [grant("contributor", "writers"), grant("reader", "readers")] });
  assert.equal(granted.status, 200, await granted.text());

  const reader = administration(url, credential("reader"));
  assert.match((await reader.getPolicy("SgxEnclave")).body, /^version/);
  assert.deepEqual((await reader.getPolicyManagementCertificates()).body, []);
  await assert.rejects(reader.setPolicy("SgxEnclave", POLICY), forbidden);
  await assert.rejects(reader.resetPolicy("SgxEnclave"), forbidden);

  const contributor = administration(url, credential("contributor"));
  assert.equal((await contributor.setPolicy("SgxEnclave", POLICY)).body.policyResolution, "Updated");
  assert.equal((await reader.getPolicy("SgxEnclave")).body, POLICY);
  assert.equal((await contributor.resetPolicy("SgxEnclave")).body.policyResolution, "Removed");
  assert.equal((await patchSettings(url, { grants: [] }, "contributor")).status, 403);

  await assert.rejects(administration(url, credential("stranger")).getPolicy("SgxEnclave"), forbidden);
});

test("a grant that is taken back opens nothing more", { skip }, async () => {
  const url = await create("js-revoked");
  const reader = administration(url, credential("reader"));
  assert.equal((await patchSettings(url, { grants: [grant("reader", "staff")] })).status, 200);
  assert.match((await reader.getPolicy("SgxEnclave")).body, /^version/);
  assert.equal((await patchSettings(url, { grants: [] })).status, 200);
  await assert.rejects(reader.getPolicy("SgxEnclave"), forbidden);
});

test("a token of the provider for another audience is refused", { skip }, async () => {
  const elsewhere = { getToken: () => credential("operator").getToken("https://vault.example/.default") };
  const url = await create("js-audience");
  await assert.rejects(administration(url, elsewhere).getPolicy("SgxEnclave"), refusal(401, "Unauthorized"));
});
