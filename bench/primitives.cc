// The OpenSSL primitives that subjects are compared with: as little around them as OpenSSL allows.
#include <memory>
#include <stdexcept>

#include <benchmark/benchmark.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "bench/fixtures.h"
#include "crypto/digest.h"
#include "evidence/sgx_quote.h"

namespace vidimus::bench {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};

void Require(bool done) {
  if (!done) throw std::runtime_error("an OpenSSL primitive failed");
}

ByteVector DerSignature(Bytes raw) {
  const std::unique_ptr<ECDSA_SIG, Free> signature(ECDSA_SIG_new());
  ECDSA_SIG_set0(signature.get(), BN_bin2bn(raw.data(), 32, nullptr), BN_bin2bn(raw.data() + 32, 32, nullptr));
  ByteVector out(static_cast<size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)));
  unsigned char* at = out.data();
  i2d_ECDSA_SIG(signature.get(), &at);
  return out;
}

std::unique_ptr<EVP_PKEY, Free> P256Key(Bytes xy) {
  std::unique_ptr<EVP_PKEY, Free> key(EVP_PKEY_new());
  const std::unique_ptr<EVP_PKEY, Free> curve(EVP_EC_gen("P-256"));
  ByteVector point = {4};
  point.insert(point.end(), xy.begin(), xy.end());
  Require(EVP_PKEY_copy_parameters(key.get(), curve.get()) == 1);
  Require(EVP_PKEY_set1_encoded_public_key(key.get(), point.data(), point.size()) == 1);
  return key;
}

// The signatures that verification checks when warm, key and context prepared.
void VerifyP256(benchmark::State& state) {
  struct Signed {
    Sha256Digest digest;
    ByteVector signature;
  };
  std::vector<Signed> all;
  std::unique_ptr<EVP_PKEY, Free> key;
  for (const Sample& sample : Get().samples) {
    const SgxQuote quote = ParseSgxQuote(sample.quote).value();
    key = P256Key(quote.attestation_key);
    all.push_back({Sha256(quote.signed_region), DerSignature(quote.signature)});
  }
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  Require(EVP_PKEY_verify_init(context.get()) == 1);
  size_t i = 0;
  for (auto _ : state) {
    const Signed& one = all[i++ % all.size()];
    Require(EVP_PKEY_verify(context.get(), one.signature.data(), one.signature.size(), one.digest.data(), one.digest.size()) == 1);
  }
}

void SignRs256(benchmark::State& state) {
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new_from_pkey(nullptr, Get().signing_key.handle(), nullptr));
  Require(EVP_PKEY_sign_init(context.get()) == 1 && EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1);
  const Sha256Digest digest = Sha256(AsBytes("a token"));
  ByteVector signature(256);
  for (auto _ : state) {
    size_t size = signature.size();
    Require(EVP_PKEY_sign(context.get(), signature.data(), &size, digest.data(), digest.size()) == 1);
  }
}

}  // namespace

void RegisterPrimitives() {
  benchmark::RegisterBenchmark("p256_verify", VerifyP256);
  benchmark::RegisterBenchmark("rs256_sign", SignRs256);
}

}  // namespace vidimus::bench
