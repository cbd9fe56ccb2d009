// AttestationClient: sends evidence to an attestation instance and brings back its token or its refusal.
#pragma once

#include <optional>
#include <string>

#include "base/fetcher.h"
#include "codec/json.h"

namespace vidimus {

struct EvidenceToAttest {
  std::string path;    // of the instance: "/attest/SgxEnclave" or "/attest/OpenEnclave"
  std::string member;  // the body's name for it: "quote" or "report"
  ByteVector evidence;
  std::optional<ByteVector> runtime_data;
  bool runtime_data_is_json = false;
  std::optional<std::string> nonce;
  std::optional<std::string> draft_policy;  // policy text to try instead of the instance's; the token is then unsigned
};

// The instance's answer: a token, or the status and body of its refusal.
struct AttestationAnswer {
  int status = 0;
  std::string token;  // empty when refused
  Json error;         // the member "error" of the body; null unless refused
};

// One POST, as FetchWithRetries repeats what changes nothing. Errors: those of the fetcher, client.answer
Result<AttestationAnswer> Attest(Fetcher& fetcher, const std::string& instance_url, const EvidenceToAttest& evidence);

}  // namespace vidimus
