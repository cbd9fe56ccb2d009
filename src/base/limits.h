// Every limit over untrusted input, by name. Each is tested at the limit and one past it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vidimus::limits {

inline constexpr size_t kQuoteBytes = 64 * 1024;        // intel-dcap section 6, "oversized input"
inline constexpr size_t kPemCertificates = 3;           // intel-dcap section 6, "PEM with more than 3 certificates"
inline constexpr size_t kCertificateBytes = 16 * 1024;  // a PCK certificate has about 1200
inline constexpr size_t kCrlBytes = 16 * 1024 * 1024;
inline constexpr size_t kCrlEntries = 200'000;
inline constexpr size_t kJsonBytes = 4 * 1024 * 1024;
inline constexpr size_t kJsonDepth = 32;  // intel-dcap section 4.1
inline constexpr size_t kTcbLevels = 512;
inline constexpr size_t kAdvisoryIds = 1024;
inline constexpr size_t kEvaluationNumbers = 256;  // of one list
inline constexpr size_t kRuntimeDataBytes = 256 * 1024;
inline constexpr size_t kPolicyBytes = 1024 * 1024;
inline constexpr size_t kPolicyRules = 16'384;  // of one section
inline constexpr size_t kPolicyConditionsPerRule = 64;
inline constexpr size_t kPolicyDepth = 32;                // of calls within calls
inline constexpr size_t kPolicyDiagnostics = 100;         // of one run; the rest is dropped
inline constexpr size_t kLintWords = 256;                 // that "did you mean" of the linter compares with
inline constexpr size_t kLintComparisons = 1'000'000;     // of conditions, in search of rules that others make superfluous
inline constexpr size_t kDiagnosticLineCharacters = 160;  // of the source line that a diagnostic shows
inline constexpr size_t kTraceRules = 1000;               // that an explanation shows
inline constexpr size_t kMissRules = 8;                   // that a denial names as close, or as what would have made a claim
inline constexpr size_t kTraceClaims = 8;                 // of one condition or action
inline constexpr size_t kTraceOctets = 1024 * 1024;       // of all claims that an explanation copies
inline constexpr size_t kJmesPathBytes = 64 * 1024;       // of one query
inline constexpr size_t kJmesPathDepth = 64;              // of one query
inline constexpr size_t kDraftPolicyBytes = 64 * 1024;
inline constexpr size_t kPolicySteps = 1'000'000;  // comparisons, tens of milliseconds
inline constexpr size_t kDraftPolicyRules = 256;
inline constexpr size_t kDraftPolicySteps = 100'000;   // anyone may send a draft
inline constexpr size_t kTrialBodyBytes = 512 * 1024;  // of a request that tries a policy; event loops read it
inline constexpr size_t kQueuedTrials = 64;
inline constexpr size_t kNonceBytes = 4096;
inline constexpr size_t kClaims = 16'384;                 // that one evaluation may hold, evidence and policy together
inline constexpr size_t kPolicyClaimOctets = 256 * 1024;  // of all claims that one evaluation makes
inline constexpr size_t kErrorDetailBytes = 1024;         // what a refusal may quote
inline constexpr size_t kFormBytes = 16 * 1024;
inline constexpr size_t kFormFields = 64;
// A token may hold kRuntimeDataBytes three times, in base64url twice over, or a policy's JWS, once.
inline constexpr size_t kJwsBytes = 3 * 1024 * 1024;
inline constexpr size_t kPolicyJwsBytes = 2 * 1024 * 1024;  // kPolicyBytes in base64url twice over, and kX5cCertificates
inline constexpr size_t kJwkSetKeys = 64;
inline constexpr size_t kX5cCertificates = 8;
inline constexpr size_t kWrappedSecretBytes = 64 * 1024;  // that a master key wraps; the PEM of an RSA key of 4096 bits has 3300

// Of SGX and TDX verifications, unless a cache is made smaller: parts that threads use one at a time, and what each part holds at most
// (about 20 KB a platform).
inline constexpr size_t kIntelCacheParts = 64;
inline constexpr size_t kIntelCachePlatforms = 1024;
inline constexpr size_t kIntelCacheChainBytes = 8 * 1024;  // of certification data; Intel's has 3700
inline constexpr size_t kIntelCacheAttestationKeys = 1024;
inline constexpr size_t kIntelCacheCrls = 64;

// Gathering endorsements.
inline constexpr size_t kEndorsementBytes = 2 * 1024 * 1024;  // of one document that a source gives or the store keeps
inline constexpr size_t kIssuerChainBytes = 16 * 1024;        // of the header that carries a document's issuers
inline constexpr int kSourceSeconds = 10;                     // for one answer of a source
inline constexpr int kBackoffSeconds = 2;                     // the first pause after a failure; each further one is twice as long at most
inline constexpr int kBackoffGreatestSeconds = 600;
inline constexpr int kRetryAfterSeconds = 3600;       // that a source may ask us to stay away at once
inline constexpr size_t kGatheredDocuments = 10'000;  // that sources were asked for and may be asked for again
inline constexpr int kGatherAgainSeconds = 600;       // between two fetches of one document that succeeded
inline constexpr int kGatherMissingSeconds = 600;     // before a document that no source has is asked for again
inline constexpr int kGatherWaitSeconds = 15;         // of a request for documents that it lacks; kRequestSeconds is the server's patience
inline constexpr int kGatherLookSeconds = 10;         // between two looks at which documents are due
inline constexpr size_t kEndorsementHistory = 24;     // documents kept of one subject: a year of looks at half-life
inline constexpr size_t kStoredEndorsements = 20'000;
inline constexpr size_t kBundleBytes = 256 * 1024 * 1024;
inline constexpr size_t kBundleDocuments = kStoredEndorsements;
inline constexpr int kGraceSeconds = 366 * 86'400;    // that a setting may add to nextUpdate
inline constexpr size_t kPlatformBytes = 4096;        // of one platform seen, as the store keeps it
inline constexpr size_t kPlatformsSeen = 1000;        // of one instance
inline constexpr int kPlatformSeconds = 30 * 86'400;  // that a platform is remembered after it was seen last
inline constexpr int kPlatformKeepSeconds = 3600;     // between two writes of one platform that is seen again and again
inline constexpr int kPlatformLookSeconds = 60;       // between two looks for platforms to be written, and at their forecasts

// The HTTPS server.
inline constexpr size_t kRequestHeaderBytes = 16 * 1024;  // request line and header fields, the empty line included
inline constexpr size_t kRequestBodyBytes = 4 * 1024 * 1024;
// Of one request, framing included: chunk sizes, chunk extensions and trailers may take 1 MiB beside the largest body.
inline constexpr size_t kRequestOctets = kRequestHeaderBytes + kRequestBodyBytes + 1024 * 1024;
// Records of one connection that carry no data, after the handshake: KeyUpdates (RFC 8446 4.6.3), attempts to renegotiate, alerts. A
// client has reason to send one KeyUpdate in 2^24 records.
inline constexpr size_t kTlsControlRecords = 16;
inline constexpr size_t kStepsAtOnce = 64;      // of one connection before the others of its thread go on; one reads at most 16 KiB
inline constexpr size_t kConnections = 20'000;  // open at once, per server
inline constexpr int kHandshakeSeconds = 10;    // from accept to the end of the TLS handshake
inline constexpr int kRequestSeconds = 30;      // from a request's first octet to its last; the same for its answer
inline constexpr int kIdleSeconds = 300;        // between requests
inline constexpr size_t kQueuedWork = 1024;     // requests that wait for a slow signer
inline constexpr int kDrainSeconds = 10;        // for running requests when the server stops
inline constexpr int kLingerSeconds = 5;        // for a client to read the last answer and close
inline constexpr size_t kLingerBytes = 128 * 1024 * 1024;  // thrown away meanwhile

// The store.
inline constexpr int kStoreAttempts = 20;            // of one transaction that others disturb
inline constexpr int kStoreConnections = 8;          // of one node to PostgreSQL, and one more that listens
inline constexpr int kStoreConnectSeconds = 5;       // to reach PostgreSQL, or to wait there for a lock or here for a connection
inline constexpr int kStoreStatementSeconds = 10;    // for one statement
inline constexpr int kStorePollMilliseconds = 500;   // between two looks at what other nodes have written
inline constexpr size_t kHistoryEntries = 1000;      // of one answer
inline constexpr size_t kSettingsBytes = 64 * 1024;  // of one instance
inline constexpr size_t kResourceBytes = 64 * 1024;  // of one instance: location, tags
inline constexpr size_t kPolicySigners = 64;         // of one instance
inline constexpr size_t kSigningKeys = 16;           // of one instance, published at once
inline constexpr size_t kGrants = 256;               // of one instance
inline constexpr size_t kGrantTextBytes = 512;       // of a grant's issuer, claim or value
inline constexpr size_t kInstances = 100'000;        // names, deleted ones included
inline constexpr size_t kRefusalKinds = 1'024;       // type and place of refused attestations that metrics tell apart
inline constexpr size_t kQueuedManagement = 256;     // management calls that wait for the store

// Backups.
inline constexpr size_t kBackupLineBytes = kJsonBytes;  // the largest row, a policy with its JWS, takes 3.4 MiB
inline constexpr size_t kBackupPageRows = 32;           // held at once

// Bearer tokens and their issuers.
inline constexpr size_t kBearerTokenBytes = 12 * 1024;      // kRequestHeaderBytes holds it
inline constexpr size_t kOpenIdDocumentBytes = 256 * 1024;  // of a discovery document or a key set
inline constexpr int kOpenIdFetchSeconds = 5;
inline constexpr int kOpenIdKeysSeconds = 3600;     // that a key set is used without a new look
inline constexpr int kOpenIdRetrySeconds = 10;      // between two looks for a key that is not there, and after a failure
inline constexpr size_t kOpenIdWaiting = 256;       // requests that wait for the keys of one issuer
inline constexpr size_t kOpenIdIssuers = 64;        // that a service trusts
inline constexpr int64_t kBearerSlackSeconds = 60;  // between the clocks of the issuer and of the service

// Fair share.
inline constexpr size_t kAddressBuckets = 8192;  // client addresses remembered, of one instance

// The HTTPS client.
inline constexpr size_t kResponseHeaderBytes = 64 * 1024;  // the caller limits the body
inline constexpr size_t kFileBytes = 32 * 1024 * 1024;     // of one file that a command line names
inline constexpr size_t kInspectWraps = 4;                 // base64 in JSON in hexadecimal ...
inline constexpr size_t kInspectPemBlocks = 64;
inline constexpr size_t kInspectFields = 200'000;

}  // namespace vidimus::limits
