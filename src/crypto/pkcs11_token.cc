#include "crypto/pkcs11_token.h"

#include <dlfcn.h>

#include <array>
#include <map>
#include <utility>
#include <vector>

#include <libp11.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <p11-kit/pkcs11.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/token_lock.h"

namespace vidimus {
namespace {

constexpr int kMinRsaBits = 2048, kMaxRsaBits = 4096;
constexpr size_t kKeyIdBytes = 16;

// What libp11 left in OpenSSL's queue. Reasons are fixed texts: no PIN is in them.
std::string Reason() {
  const char* const text = ERR_reason_error_string(ERR_peek_last_error());
  std::string out = text != nullptr ? text : "no reason given";
  ERR_clear_error();
  return out;
}

// A module loaded once, for all its tokens and to the end of the process: PKCS #11 gives a process one state, so that one of two who
// loaded it would end the other's, and keys that still sign. The caller holds the lock for everything here.
class Module {
 public:
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  ~Module() {  // of one that did not load
    if (context_ != nullptr) PKCS11_CTX_free(context_);
    if (library_ != nullptr) dlclose(library_);
  }

  static Result<Module*> Get(const std::string& path) {
    static auto& modules = *new std::map<std::string, std::unique_ptr<Module>>;  // never destroyed, as said above
    if (const auto found = modules.find(path); found != modules.end()) return found->second.get();
    auto module = std::make_unique<Module>();
    VIDIMUS_CHECK_OK(module->Load(path));
    return modules.emplace(path, std::move(module)).first->second.get();
  }

  // The same slot for the same label, logged in.
  Result<PKCS11_SLOT*> LogIn(const Pkcs11Settings& settings) {
    const Sha256Digest pin = Sha256(AsBytes(settings.pin));
    const auto known = open_.find(settings.token);
    // A token takes any PIN of a process that is logged in: this one is compared here.
    if (known != open_.end() && !Equal(pin, known->second.pin))
      return Fail(ErrorCode::kDenied, "crypto.pkcs11.login", "found another PIN than this process has opened the token with");
    PKCS11_SLOT* slot = nullptr;
    VIDIMUS_TRY(slot, known != open_.end() ? known->second.slot : SlotOf(settings.token));
    // The mode before the first session: keys are made later.
    if (known == open_.end() && PKCS11_open_session(slot, 1) != 0)
      return Fail(ErrorCode::kIo, "crypto.pkcs11.token", "no session can be opened: " + Reason());
    // A session of its own first: libp11 0.4.12 waits for ever where a token opens none.
    CK_SESSION_HANDLE session = 0;
    const auto open = [&] {
      return functions_->C_OpenSession(PKCS11_get_slotid_from_slot(slot), CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session);
    };
    CK_RV result = open();
    if (result == CKR_CRYPTOKI_NOT_INITIALIZED) {  // it did not start when the token was away
      VIDIMUS_CHECK_OK(Restart());
      result = open();
    }
    if (result != CKR_OK)
      return Fail(ErrorCode::kIo, "crypto.pkcs11.token", "the token opens no session, PKCS #11 return value " + std::to_string(result));
    const bool good = (known == open_.end() || Renew(slot, session, settings.pin)) && PKCS11_login(slot, 0, settings.pin.c_str()) == 0;
    functions_->C_CloseSession(session);
    if (!good) return Fail(ErrorCode::kDenied, "crypto.pkcs11.login", "the token " + settings.token + " refuses the login: " + Reason());
    open_.insert_or_assign(settings.token, Opened{slot, pin});
    return slot;
  }

  // Makes libp11 forget the handles that it holds of a token that was away, and those who hold keys of it find them anew.
  static void Forget(PKCS11_SLOT* slot) {
    PKCS11_logout(slot);
    ERR_clear_error();
  }

  // Has the module look for its devices again: many show one that was away to nobody who initialised before. All sessions end.
  Status Restart() const {
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.flags = CKF_OS_LOCKING_OK;
    functions_->C_Finalize(nullptr);
    const CK_RV result = functions_->C_Initialize(&arguments);
    if (result == CKR_OK || result == CKR_CRYPTOKI_ALREADY_INITIALIZED) return {};
    return Fail(ErrorCode::kIo, "crypto.pkcs11.module", "it does not start again, PKCS #11 return value " + std::to_string(result));
  }

  CK_FUNCTION_LIST* functions() const { return functions_; }

 private:
  struct Opened {
    PKCS11_SLOT* slot;
    Sha256Digest pin;
  };

  Status Load(const std::string& path) {
    library_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    auto* const list = library_ == nullptr ? nullptr : reinterpret_cast<CK_C_GetFunctionList>(dlsym(library_, "C_GetFunctionList"));
    if (list == nullptr || list(&functions_) != CKR_OK)
      return Fail(ErrorCode::kIo, "crypto.pkcs11.module", "found no PKCS #11 module that can be loaded as " + path);
    context_ = PKCS11_CTX_new();
    if (context_ == nullptr || PKCS11_CTX_load(context_, path.c_str()) != 0)
      return Fail(ErrorCode::kIo, "crypto.pkcs11.module", path + " does not start: " + Reason());
    return {};
  }

  Result<PKCS11_SLOT*> SlotOf(const std::string& label) {
    // Listing again frees the slots listed before, which sessions and keys need. (PKCS11_update_slots of libp11 0.4.12 crashes.)
    if (open_.empty()) {
      if (slots_ != nullptr) PKCS11_release_all_slots(context_, slots_, count_);
      slots_ = nullptr;
      if (PKCS11_enumerate_slots(context_, &slots_, &count_) != 0)
        return Fail(ErrorCode::kIo, "crypto.pkcs11.token", "the module lists no slots: " + Reason());
    }
    PKCS11_SLOT* slot = nullptr;
    for (unsigned int i = 0; i < count_; ++i) {
      const PKCS11_TOKEN* const token = slots_[i].token;
      if (token == nullptr || token->label == nullptr || label != token->label) continue;
      if (slot != nullptr) return Fail(ErrorCode::kUsage, "crypto.pkcs11.token", "found two tokens labelled " + label);
      slot = &slots_[i];
    }
    if (slot == nullptr)
      return Fail(ErrorCode::kMissing, "crypto.pkcs11.token",
                  "found no token labelled " + label + " among " + std::to_string(count_) + " slots");
    return slot;
  }

  // After its sessions were lost libp11 takes itself for logged in, and old handles for keys: once it has logged out it forgets both.
  bool Renew(PKCS11_SLOT* slot, CK_SESSION_HANDLE session, std::string pin) const {
    CK_SESSION_INFO info{};
    if (functions_->C_GetSessionInfo(session, &info) == CKR_OK && info.state == CKS_RW_USER_FUNCTIONS) return true;
    const CK_RV result = functions_->C_Login(session, CKU_USER, reinterpret_cast<CK_UTF8CHAR*>(pin.data()), pin.size());
    OPENSSL_cleanse(pin.data(), pin.size());
    return result == CKR_OK && PKCS11_open_session(slot, 1) == 0 && PKCS11_logout(slot) == 0;
  }

  void* library_ = nullptr;
  CK_FUNCTION_LIST* functions_ = nullptr;
  PKCS11_CTX* context_ = nullptr;
  PKCS11_SLOT* slots_ = nullptr;
  unsigned int count_ = 0;
  std::map<std::string, Opened> open_;  // by label
};

// libp11's PKCS11_generate_key leaves it to the token whether a key may be extracted, and lets it decrypt.
Status GeneratePair(CK_FUNCTION_LIST* functions, CK_SLOT_ID slot, CK_ULONG bits, std::string label, ByteVector id) {
  CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
  std::array<CK_BYTE, 3> exponent{1, 0, 1};
  CK_ATTRIBUTE name{CKA_LABEL, label.data(), label.size()}, identifier{CKA_ID, id.data(), id.size()};
  CK_ATTRIBUTE open[] = {name,
                         identifier,
                         {CKA_TOKEN, &yes, sizeof yes},
                         {CKA_VERIFY, &yes, sizeof yes},
                         {CKA_MODULUS_BITS, &bits, sizeof bits},
                         {CKA_PUBLIC_EXPONENT, exponent.data(), exponent.size()}};
  CK_ATTRIBUTE secret[] = {name,
                           identifier,
                           {CKA_TOKEN, &yes, sizeof yes},
                           {CKA_PRIVATE, &yes, sizeof yes},
                           {CKA_SENSITIVE, &yes, sizeof yes},
                           {CKA_EXTRACTABLE, &no, sizeof no},
                           {CKA_SIGN, &yes, sizeof yes},
                           {CKA_DECRYPT, &no, sizeof no},
                           {CKA_UNWRAP, &no, sizeof no}};
  CK_MECHANISM mechanism{CKM_RSA_PKCS_KEY_PAIR_GEN, nullptr, 0};
  CK_SESSION_HANDLE session = 0;
  CK_OBJECT_HANDLE public_key = 0, private_key = 0;
  CK_RV result = functions->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session);
  if (result == CKR_OK) {
    result = functions->C_GenerateKeyPair(session, &mechanism, open, std::size(open), secret, std::size(secret), &public_key, &private_key);
    functions->C_CloseSession(session);
  }
  if (result != CKR_OK)
    return Fail(ErrorCode::kIo, "crypto.pkcs11.generate", "the token refuses, PKCS #11 return value " + std::to_string(result));
  return {};
}

// Whether the key signs anything: a handle outlives its session and its token. PrivateKey::Sign would wait for the lock.
bool Signs(EVP_PKEY* key) {
  const Sha256Digest digest = Sha256(AsBytes(std::string_view("whether this key signs")));
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  ByteVector signature(static_cast<size_t>(EVP_PKEY_get_size(key)));
  size_t size = signature.size();
  const bool good = context != nullptr && EVP_PKEY_sign_init(context.get()) == 1 &&
                    EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1 &&
                    EVP_PKEY_sign(context.get(), signature.data(), &size, digest.data(), digest.size()) == 1;
  ERR_clear_error();
  return good;
}

// Whether the token itself, not what libp11 remembers of it, has private keys: of this label, or any when it is empty.
bool HasKey(CK_FUNCTION_LIST* functions, CK_SLOT_ID slot, std::string label) {
  CK_OBJECT_CLASS kind = CKO_PRIVATE_KEY;
  CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &kind, sizeof kind}, {CKA_LABEL, label.data(), label.size()}};
  CK_SESSION_HANDLE session = 0;
  if (functions->C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &session) != CKR_OK) return false;
  CK_OBJECT_HANDLE found = 0;
  CK_ULONG count = 0;
  const bool searched = functions->C_FindObjectsInit(session, wanted, label.empty() ? 1 : 2) == CKR_OK &&
                        functions->C_FindObjects(session, &found, 1, &count) == CKR_OK;
  functions->C_CloseSession(session);
  return searched && count > 0;
}

}  // namespace

// The caller holds the lock for everything here.
struct Pkcs11Token::Impl {
  Module* module;
  PKCS11_SLOT* slot;
  Pkcs11Settings settings;

  CK_SLOT_ID id() const { return PKCS11_get_slotid_from_slot(slot); }

  // A module that does not log in, or shows a token without keys, may have to look for it again. That ends all sessions, so keys found
  // before sign no more.
  Status Reach() const {
    if (module->LogIn(settings) && HasKey(module->functions(), id(), "")) return {};
    VIDIMUS_CHECK_OK(module->Restart());
    VIDIMUS_TRY(PKCS11_SLOT* const same, module->LogIn(settings));
    static_cast<void>(same);
    return {};
  }

  // A key that signs now. Where libp11 knows it by a handle of before, it has to forget what it knows; that too stops keys found before, so
  // it is done only where the token has the key.
  Result<std::shared_ptr<EVP_PKEY>> Working(const std::string& label) const {
    VIDIMUS_CHECK_OK(Reach());
    auto key = Key(label);
    if (key && Signs(key->get())) return key;
    if (!key) return key;
    if (!HasKey(module->functions(), id(), label))
      return Fail(ErrorCode::kMissing, "crypto.pkcs11.key", "found no private key labelled " + label + " any more, expected one");
    Module::Forget(slot);
    VIDIMUS_CHECK_OK(Reach());
    VIDIMUS_TRY(auto again, Key(label));
    if (Signs(again.get())) return again;
    return Fail(ErrorCode::kIo, "crypto.pkcs11.key", "the key " + label + " does not sign");
  }

  // The private keys of this label; the pointers hold until the next call.
  Result<std::vector<PKCS11_KEY*>> Keys(const std::string& label) const {
    PKCS11_KEY* keys = nullptr;
    unsigned int count = 0;
    if (PKCS11_enumerate_keys(slot->token, &keys, &count) != 0)
      return Fail(ErrorCode::kIo, "crypto.pkcs11.key", "the token lists no keys: " + Reason());
    std::vector<PKCS11_KEY*> out;
    for (unsigned int i = 0; i < count; ++i)
      if (keys[i].label != nullptr && label == keys[i].label) out.push_back(&keys[i]);
    return out;
  }

  Result<std::shared_ptr<EVP_PKEY>> Key(const std::string& label) const {
    VIDIMUS_TRY(const auto keys, Keys(label));
    if (keys.size() != 1)
      return Fail(keys.empty() ? ErrorCode::kMissing : ErrorCode::kUsage, "crypto.pkcs11.key",
                  "found " + std::to_string(keys.size()) + " private keys labelled " + label + ", expected one");
    std::shared_ptr<EVP_PKEY> key(PKCS11_get_private_key(keys[0]), EVP_PKEY_free);
    if (key == nullptr) return Fail(ErrorCode::kIo, "crypto.pkcs11.key", "the key " + label + " cannot be used: " + Reason());
    const int bits = EVP_PKEY_get_bits(key.get());
    if (EVP_PKEY_is_a(key.get(), "RSA") != 1 || bits < kMinRsaBits || bits > kMaxRsaBits)
      return Fail(ErrorCode::kUnsupported, "crypto.pkcs11.key",
                  "found another kind of key as " + label + ", expected RSA of 2048 to 4096 bits");
    return key;
  }
};

Result<Pkcs11Token> Pkcs11Token::Open(const Pkcs11Settings& settings) {
  const auto held = HoldTokens();
  VIDIMUS_TRY(Module* const module, Module::Get(settings.module));
  VIDIMUS_TRY(PKCS11_SLOT* const slot, module->LogIn(settings));
  return Pkcs11Token(std::make_shared<Impl>(Impl{module, slot, settings}));
}

Result<PrivateKey> Pkcs11Token::Generate(int bits, const std::string& label) const {
  if (bits < kMinRsaBits || bits > kMaxRsaBits)
    return Fail(ErrorCode::kUsage, "crypto.pkcs11.generate", "found " + std::to_string(bits) + " bits, expected 2048 to 4096");
  if (label.empty()) return Fail(ErrorCode::kUsage, "crypto.pkcs11.generate", "found an empty label");
  VIDIMUS_TRY(ByteVector id, RandomBytes(kKeyIdBytes));
  const auto held = HoldTokens();
  VIDIMUS_CHECK_OK(impl_->Reach());
  VIDIMUS_TRY(const auto taken, impl_->Keys(label));
  if (!taken.empty()) return Fail(ErrorCode::kUsage, "crypto.pkcs11.generate", "the token has a key labelled " + label);
  VIDIMUS_CHECK_OK(GeneratePair(impl_->module->functions(), impl_->id(), static_cast<CK_ULONG>(bits), label, std::move(id)));
  VIDIMUS_TRY(auto key, impl_->Key(label));
  return PrivateKey(std::move(key), true);
}

Result<PrivateKey> Pkcs11Token::Find(const std::string& label) const {
  const auto held = HoldTokens();
  VIDIMUS_TRY(auto key, impl_->Working(label));
  return PrivateKey(std::move(key), true);
}

}  // namespace vidimus
