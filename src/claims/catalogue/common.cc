// What tokens have whatever the evidence (policy-language section 4.2, maa-rest-api section 2.4).
#include "claims/catalogue/entry.h"

namespace vidimus::catalogue {
namespace {

constexpr std::string_view kRequest = "the request";

constexpr CatalogueEntry kTeeTokens[] = {
    Outgoing(
        JsonText("x-ms-runtime", "The runtime data of a request that sent it as JSON, which the evidence is bound to.", "runtimeData")),
    Outgoing(
        JsonText("x-ms-inittime", "The init-time data of a request that sent it as JSON, which the evidence is bound to.", "initTimeData")),
};

constexpr CatalogueEntry kTokens[] = {
    Outgoing(Text("iss", "The service that signed the token, as its URL.", "the service")),
    Outgoing(Integer("iat", "When the token was made, in seconds since 1970.", "the service")),
    Outgoing(Integer("nbf", "From when on the token holds, in seconds since 1970.", "the service")),
    Outgoing(Integer("exp", "When the token ends, in seconds since 1970.", "the service")),
    Outgoing(Hex(0, "jti", "The id of the token, random.", "the service")),
    Outgoing(Text("aud", "Whom the token is for; the service never says it.", "RFC 7519")),
    Outgoing(Text("sub", "Whom the token is about; the service never says it.", "RFC 7519")),
    Outgoing(JsonText("cnf", "The key that the bearer has to prove; only tokens of Tpm say it.", "RFC 7800")),
    Outgoing(Text("nonce", "The nonce of the request, as sent.", kRequest)),
    Outgoing(Text("x-ms-ver", "The version of these claims: \"1.0\".", "the service")),
    Outgoing(Encoded(ClaimEncoding::kBase64Url, "x-ms-policy-hash", "Which policy decided: SHA-256 of the base64url of its text.",
                     "the policy in force")),
    Outgoing(JsonText("x-ms-policy-signer", "Who signed the policy, if it was signed: a JWK.", "the policy in force")),
    Outgoing(JsonText("x-ms-policy", "All claims that the policy issued, an object; absent if it issued none.", "the policy in force")),
    Alias("x-ms-ver", Outgoing(Text("ver", "The version of these claims; only tokens of Tpm say it.", "the service"))),
    Alias("nonce", Outgoing(Text("rp_data", "The data of the relying party; only tokens of Tpm say it.", kRequest))),
    Alias("x-ms-policy-hash",
          Outgoing(Encoded(ClaimEncoding::kBase64Url, "policy_hash", "Which policy decided; no longer in tokens.", "the policy in force"))),
    Alias("x-ms-policy-hash", Outgoing(Encoded(ClaimEncoding::kBase64Url, "maa-policyHash", "Which policy decided; no longer in tokens.",
                                               "the policy in force"))),
    Alias("x-ms-policy-signer", Outgoing(JsonText("policy_signer", "Who signed the policy; no longer in tokens.", "the policy in force"))),
};

constexpr CatalogueEntry kVidimus[] = {
    Outgoing(Text("x-vidimus-mode", "\"dev\" in tokens of a developer's server, which no one should trust; else absent.", "the service")),
};

}  // namespace

Table TeeTokens() { return kTeeTokens; }
Table Tokens() { return kTokens; }
Table Vidimus() { return kVidimus; }

}  // namespace vidimus::catalogue
