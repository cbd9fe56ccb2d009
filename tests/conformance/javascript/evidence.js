// What the tests attest: evidence of software enclaves, from the dev server under test.
import assert from "node:assert/strict";

export const issuer = process.env.VIDIMUS_ISSUER;
assert.ok(issuer, "VIDIMUS_ISSUER names the server under test; run.py sets it");

export const runtimeData = Buffer.from([0, 255, 62, 63, ...Buffer.from("runtime data")]);
export const runtimeJson = Buffer.from('{ "jwk": { "kty": "EC", "crv": "P-256" }, "list": [1, 2.5, "ä"] }');

export async function ask(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(issuer + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return JSON.parse(text);
}

// {quote, report} in base64url; `fields` are those of POST /vidimus/v1/sim/sgx/quote.
export const evidence = (fields) => ask("POST", "/vidimus/v1/sim/sgx/quote", fields ?? {});
