// The official clients of the server under test as their users make them, and instances to use them on.
import dns from "node:dns";
import { readFileSync } from "node:fs";
import { AttestationManagementClient } from "@azure/arm-attestation";
import { AttestationAdministrationClient, AttestationClient } from "@azure/attestation";
import { ClientSecretCredential } from "@azure/identity";
import { issuer } from "./evidence.js";

// Instances are at NAME.attest.localhost, which RFC 6761 section 6.3 says is this machine, but not every resolver does.
const systemLookup = dns.lookup;
dns.lookup = (hostname, ...rest) => systemLookup(hostname.endsWith(".localhost") ? "127.0.0.1" : hostname, ...rest);

export const signIn = JSON.parse(readFileSync(process.env.VIDIMUS_CLIENT));
export const DATA_SCOPE = "https://attest.azure.net/.default";
export const GROUP = "conformance";
export const TYPES = ["SgxEnclave", "OpenEnclave", "SevSnpVm", "TdxVm", "AzureGuest", "Tpm"];

// `authority`: {authority, tenant}. Instance discovery would ask a public host who the authority is.
export function credentialOf({ authority, tenant, client_id, client_secret }) {
  return new ClientSecretCredential(tenant, client_id, client_secret, { authorityHost: authority, disableInstanceDiscovery: true });
}

// The dev server's own client: operator, and owner of the default instance and of those that it creates.
export const owner = credentialOf(signIn);

const strict = (url) => ({
  validateToken: true,
  validateExpirationTime: true,
  validateNotBeforeTime: true,
  validateIssuer: true,
  expectedIssuer: url,
});

export const attestation = (url) => new AttestationClient(url, { validationOptions: strict(url) });

// `sent`, when given, is told the body of every request.
export function administration(url, credential = owner, sent = () => {}) {
  const remember = {
    name: "remember",
    sendRequest: (request, next) => {
      sent(request.body);
      return next(request);
    },
  };
  return new AttestationAdministrationClient(url, credential, {
    validationOptions: strict(url),
    additionalPolicies: [{ policy: remember, position: "perCall" }],
  });
}

// Test files run beside each other: each has a subscription of its own, so that lists are its own.
export const control = (subscription, { endpoint = issuer, credential = owner } = {}) =>
  new AttestationManagementClient(credential, subscription, { endpoint });

// The URL of a new instance: isolated when `signers` are given.
export async function createInstance(name, signers = [], server = {}) {
  const properties = signers.length === 0 ? {} : { policySigningCertificates: { keys: signers.map((signer) => signer.jwk) } };
  const client = control("00000000-0000-4000-8000-00000000da7a", server);
  const provider = await client.attestationProviders.create(GROUP, name, { location: "local", properties });
  return provider.attestUri;
}

// For assert.rejects.
export const refusal = (status, code, message = /./) => (error) => {
  if (error.statusCode !== status || error.code !== code || !message.test(error.message)) {
    const found = `${error.statusCode} ${error.code}: ${error.message}`;
    throw new Error(`expected ${status} ${code} with ${message}, found ${found}`, { cause: error });
  }
  return true;
};
