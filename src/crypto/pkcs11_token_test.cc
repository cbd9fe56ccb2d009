#include "crypto/pkcs11_token.h"

#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <p11-kit/pkcs11.h>

#include "crypto/rsa.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kModule[] = "/usr/lib/softhsm/libsofthsm2.so";
constexpr char kPin[] = "48151623";
constexpr std::string_view kMessage = "message";

bool Shell(const std::string& command) {
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return false;
  std::string output;
  for (int c = 0; (c = fgetc(pipe)) != EOF;) output.push_back(static_cast<char>(c));
  const int status = pclose(pipe);
  if (status != 0) std::cerr << command << ": " << output;
  return status == 0;
}

// Three tokens of SoftHSM in a folder of their own, made before the module starts: it reads its configuration once.
class Pkcs11TokenTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string folder = std::filesystem::temp_directory_path() / "vidimus_softhsm_XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) return;
    folder_ = folder;
    std::filesystem::create_directory(folder_ / "tokens");
    std::ofstream(folder_ / "softhsm2.conf") << "directories.tokendir = " << (folder_ / "tokens").string() << "\nlog.level = ERROR\n";
    setenv("SOFTHSM2_CONF", (folder_ / "softhsm2.conf").c_str(), 1);
    ready_ = std::filesystem::exists(kModule);
    for (const char* const label : {"one", "two", "gone"})
      ready_ = ready_ && Shell("softhsm2-util --init-token --free --label " + std::string(label) + " --so-pin 12345678 --pin " + kPin);
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }

  void SetUp() override {
    if (ready_) return;
    if (const char* const ci = getenv("CI"); ci != nullptr && std::string_view(ci) == "true") FAIL() << "softhsm2 is not installed";
    GTEST_SKIP() << "SKIPPED: softhsm2 is not installed, keys in PKCS #11 tokens are NOT tested";
  }

  static Pkcs11Settings Settings(const std::string& token = "one", const std::string& pin = kPin) { return {kModule, token, pin}; }
  static Pkcs11Token Token(const std::string& token = "one") {
    auto opened = Pkcs11Token::Open(Settings(token));
    if (!opened) throw std::runtime_error(opened.error().detail);
    return *opened;
  }
  static PrivateKey Key(const std::string& label, int bits = 2048) {
    auto key = Token().Find(label);
    if (!key) key = Token().Generate(bits, label);
    if (!key) throw std::runtime_error(key.error().detail);
    return *key;
  }
  static CK_FUNCTION_LIST* Raw() {
    CK_FUNCTION_LIST* functions = nullptr;
    void* const library = dlopen(kModule, RTLD_NOW);
    reinterpret_cast<CK_C_GetFunctionList>(dlsym(library, "C_GetFunctionList"))(&functions);
    return functions;
  }
  static CK_SLOT_ID SlotOf(std::string label) {
    label.resize(32, ' ');
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;
    EXPECT_EQ(Raw()->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    for (CK_ULONG i = 0; i < count; ++i) {
      CK_TOKEN_INFO info;
      if (Raw()->C_GetTokenInfo(slots[i], &info) == CKR_OK && std::string(reinterpret_cast<char*>(info.label), 32) == label)
        return slots[i];
    }
    ADD_FAILURE() << "no slot of " << label;
    return 0;
  }
  // A session of its own, and the handle of a private key of token "one".
  static std::pair<CK_SESSION_HANDLE, CK_OBJECT_HANDLE> RawKey(std::string label) {
    CK_SESSION_HANDLE session = 0;
    EXPECT_EQ(Raw()->C_OpenSession(SlotOf("one"), CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session), CKR_OK);
    CK_OBJECT_CLASS kind = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &kind, sizeof kind}, {CKA_LABEL, label.data(), label.size()}};
    CK_OBJECT_HANDLE key = 0;
    CK_ULONG count = 0;
    EXPECT_EQ(Raw()->C_FindObjectsInit(session, wanted, 2), CKR_OK);
    EXPECT_EQ(Raw()->C_FindObjects(session, &key, 1, &count), CKR_OK);
    EXPECT_EQ(Raw()->C_FindObjectsFinal(session), CKR_OK);
    EXPECT_EQ(count, 1U);
    return {session, key};
  }
  static bool Verifies(const PrivateKey& key, const Result<ByteVector>& signature) {
    const auto public_key = RsaPublicKey::FromNumbers(key.RsaModulus(), key.RsaExponent());
    return public_key && signature && public_key->Verify(AsBytes(kMessage), *signature);
  }

  static inline std::filesystem::path folder_;
  static inline bool ready_ = false;
};

TEST_F(Pkcs11TokenTest, MakesKeysThatSignAndAreFoundAgain) {
  for (const int bits : {2048, 3072}) {
    const std::string label = "rsa " + std::to_string(bits);
    const auto key = Token().Generate(bits, label);
    ASSERT_TRUE(key) << key.error().where << ": " << key.error().detail;
    EXPECT_TRUE(key->signs_elsewhere());
    EXPECT_EQ(key->kind(), PrivateKey::Kind::kRsa);
    EXPECT_EQ(key->RsaModulus().size(), static_cast<size_t>(bits) / 8);
    EXPECT_EQ(key->RsaExponent(), (ByteVector{1, 0, 1}));
    EXPECT_EQ(key->ToPem(), "");
    EXPECT_TRUE(key->P256Point().empty());
    EXPECT_TRUE(Verifies(*key, key->Sign(AsBytes(kMessage))));
    const auto again = Token().Find(label);
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_TRUE(again->signs_elsewhere());
    EXPECT_EQ(again->PublicKeyDer(), key->PublicKeyDer());
    EXPECT_FALSE(key->PublicKeyDer().empty());
    EXPECT_EQ(*again->Sign(AsBytes(kMessage)), *key->Sign(AsBytes(kMessage)));
  }
}

TEST_F(Pkcs11TokenTest, MakesKeysThatNobodyCanReadOut) {
  Key("kept");
  const auto [session, key] = RawKey("kept");
  const auto flag = [&](CK_ATTRIBUTE_TYPE type) {
    CK_BBOOL value = 7;
    CK_ATTRIBUTE attribute{type, &value, sizeof value};
    EXPECT_EQ(Raw()->C_GetAttributeValue(session, key, &attribute, 1), CKR_OK) << type;
    return static_cast<int>(value);
  };
  EXPECT_EQ(flag(CKA_SENSITIVE), CK_TRUE);
  EXPECT_EQ(flag(CKA_ALWAYS_SENSITIVE), CK_TRUE);
  EXPECT_EQ(flag(CKA_EXTRACTABLE), CK_FALSE);
  EXPECT_EQ(flag(CKA_NEVER_EXTRACTABLE), CK_TRUE);
  EXPECT_EQ(flag(CKA_PRIVATE), CK_TRUE);
  EXPECT_EQ(flag(CKA_DECRYPT), CK_FALSE);
  EXPECT_EQ(flag(CKA_UNWRAP), CK_FALSE);
  for (const CK_ATTRIBUTE_TYPE secret : {CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT}) {
    char value[1024];
    CK_ATTRIBUTE attribute{secret, value, sizeof value};
    EXPECT_EQ(Raw()->C_GetAttributeValue(session, key, &attribute, 1), CKR_ATTRIBUTE_SENSITIVE) << secret;
  }
  // Nor can they be made so later.
  CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
  CK_ATTRIBUTE extractable{CKA_EXTRACTABLE, &yes, sizeof yes}, plain{CKA_SENSITIVE, &no, sizeof no};
  EXPECT_NE(Raw()->C_SetAttributeValue(session, key, &extractable, 1), CKR_OK);
  EXPECT_NE(Raw()->C_SetAttributeValue(session, key, &plain, 1), CKR_OK);
  EXPECT_EQ(Raw()->C_CloseSession(session), CKR_OK);
}

TEST_F(Pkcs11TokenTest, RefusesModulesTokensAndPinsThatAreNotThere) {
  EXPECT_EQ(Pkcs11Token::Open({"/nowhere.so", "one", kPin}).error().where, "crypto.pkcs11.module");
  EXPECT_EQ(Pkcs11Token::Open({"/etc/passwd", "one", kPin}).error().where, "crypto.pkcs11.module");
  EXPECT_EQ(Pkcs11Token::Open({"libm.so.6", "one", kPin}).error().where, "crypto.pkcs11.module");
  EXPECT_EQ(Pkcs11Token::Open(Settings("three")).error().where, "crypto.pkcs11.token");
  EXPECT_EQ(Pkcs11Token::Open(Settings("")).error().where, "crypto.pkcs11.token");
  ASSERT_TRUE(Pkcs11Token::Open(Settings()));
  for (const char* const token : {"one", "two"}) {  // "one" is open
    const auto refused = Pkcs11Token::Open(Settings(token, "99887766"));
    ASSERT_FALSE(refused) << token;
    EXPECT_EQ(refused.error().where, "crypto.pkcs11.login");
    EXPECT_THAT(refused.error().detail, Not(HasSubstr("99887766")));
    EXPECT_THAT(refused.error().detail, Not(HasSubstr(kPin)));
    EXPECT_TRUE(Pkcs11Token::Open(Settings(token)));
  }
}

TEST_F(Pkcs11TokenTest, RefusesLabelsThatAreTakenOrUnknownAndOtherSizes) {
  Key("taken");
  EXPECT_EQ(Token().Generate(2048, "taken").error().where, "crypto.pkcs11.generate");
  EXPECT_EQ(Token().Generate(2048, "").error().where, "crypto.pkcs11.generate");
  EXPECT_EQ(Token().Generate(2047, "a").error().where, "crypto.pkcs11.generate");
  EXPECT_EQ(Token().Generate(4097, "a").error().where, "crypto.pkcs11.generate");
  EXPECT_EQ(Token().Find("a").error().where, "crypto.pkcs11.key");
  EXPECT_EQ(Token().Find("").error().where, "crypto.pkcs11.key");
  EXPECT_EQ(Token("two").Find("taken").error().where, "crypto.pkcs11.key");
}

TEST_F(Pkcs11TokenTest, RefusesALabelThatTwoKeysBear) {
  Key("double");
  const auto [session, key] = RawKey("double");
  CK_BBOOL yes = CK_TRUE;
  CK_ATTRIBUTE kept{CKA_TOKEN, &yes, sizeof yes};
  CK_OBJECT_HANDLE copy = 0;
  ASSERT_EQ(Raw()->C_CopyObject(session, key, &kept, 1, &copy), CKR_OK);
  const auto found = Token().Find("double");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().where, "crypto.pkcs11.key");
  EXPECT_THAT(found.error().detail, HasSubstr("found 2"));
  EXPECT_EQ(Raw()->C_CloseSession(session), CKR_OK);
}

TEST_F(Pkcs11TokenTest, OutlivesATokenThatIsDeleted) {
  const Pkcs11Token token = Token("gone");
  const auto key = token.Generate(2048, "key");
  ASSERT_TRUE(key) << key.error().detail;
  ASSERT_TRUE(Shell("softhsm2-util --delete-token --token gone"));
  // What it keeps in memory is up to the module; nothing crashes or waits for ever.
  if (const auto signature = key->Sign(AsBytes(kMessage)); !signature) {
    EXPECT_EQ(signature.error().where, "crypto.private_key.sign");
  }
  EXPECT_EQ(token.Find("key").error().where, "crypto.pkcs11.token");
  EXPECT_EQ(token.Generate(2048, "another").error().where, "crypto.pkcs11.token");
  EXPECT_TRUE(Key("beside it").Sign(AsBytes(kMessage)));
}

TEST_F(Pkcs11TokenTest, SignsAgainOnceATokenThatWasAwayIsFoundAgain) {
  const Pkcs11Token token = Token();
  const PrivateKey key = Key("away");
  ASSERT_TRUE(key.Sign(AsBytes(kMessage)));
  std::filesystem::rename(folder_ / "tokens", folder_ / "elsewhere");
  EXPECT_EQ(key.Sign(AsBytes(kMessage)).error().where, "crypto.private_key.sign");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(token.Find("away").error().where, "crypto.pkcs11.module");
  EXPECT_EQ(Pkcs11Token::Open(Settings()).error().where, "crypto.pkcs11.module");
  std::filesystem::rename(folder_ / "elsewhere", folder_ / "tokens");
  const auto again = token.Find("away");
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_TRUE(Verifies(*again, again->Sign(AsBytes(kMessage))));
  EXPECT_TRUE(Token().Generate(2048, "after it was away"));
  EXPECT_TRUE(Verifies(*again, again->Sign(AsBytes(kMessage))));
}

TEST_F(Pkcs11TokenTest, SignsFromSeveralThreadsWhileKeysAreMade) {
  const PrivateKey key = Key("threads");
  const auto public_key = RsaPublicKey::FromNumbers(key.RsaModulus(), key.RsaExponent());
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, copy = key] {
      for (int n = 0; n < 50; ++n) good += Verifies(copy, copy.Sign(AsBytes(kMessage))) ? 1 : 0;
    });
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(Token().Generate(2048, "meanwhile " + std::to_string(i)));
    EXPECT_TRUE(Token().Find("threads"));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 200);
}

TEST_F(Pkcs11TokenTest, FailsToSignWhenTheSessionIsLostAndSignsOnceOpenedAgain) {
  const PrivateKey key = Key("lost");
  ASSERT_TRUE(key.Sign(AsBytes(kMessage)));
  ASSERT_EQ(Raw()->C_CloseAllSessions(SlotOf("one")), CKR_OK);
  const auto refused = key.Sign(AsBytes(kMessage));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "crypto.private_key.sign");
  const auto again = Token().Find("lost");
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_TRUE(Verifies(*again, again->Sign(AsBytes(kMessage))));
  EXPECT_EQ(key.Sign(AsBytes(kMessage)).error().where, "crypto.private_key.sign");  // its handle went with the sessions
}

TEST_F(Pkcs11TokenTest, SharesTheTokenWithAnotherProcess) {
  const ByteVector expected = Key("shared").PublicKeyDer();
  // The child starts this program again: a fork alone would share the module's state.
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  ASSERT_TRUE(Shell(self + " --gtest_also_run_disabled_tests --gtest_filter=Pkcs11TokenChild.*"));
  const auto made = Token().Find("made by another process");
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_TRUE(Verifies(*made, made->Sign(AsBytes(kMessage))));
  const PrivateKey key = Key("shared");
  EXPECT_EQ(key.PublicKeyDer(), expected);
  EXPECT_TRUE(Verifies(key, key.Sign(AsBytes(kMessage))));
}

// Disabled but in the process that SharesTheTokenWithAnotherProcess starts.
TEST(Pkcs11TokenChild, DISABLED_UsesTheTokenOfItsParent) {
  const auto token = Pkcs11Token::Open({kModule, "one", kPin});
  ASSERT_TRUE(token) << token.error().detail;
  const auto found = token->Find("shared");
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_TRUE(found->Sign(AsBytes(kMessage)));
  EXPECT_TRUE(token->Generate(2048, "made by another process"));
}

TEST_F(Pkcs11TokenTest, TellsItsSpeed) {
  const auto rate = [](const PrivateKey& key) {
    EXPECT_TRUE(key.Sign(AsBytes(kMessage)));
    const auto start = std::chrono::steady_clock::now();
    int count = 0;
    for (; std::chrono::steady_clock::now() - start < std::chrono::milliseconds(300); ++count) EXPECT_TRUE(key.Sign(AsBytes(kMessage)));
    return count / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const double token = rate(Key("speed")), file = rate(*PrivateKey::GenerateRsa(2048));
  std::cout << "softhsm2 RS256: " << static_cast<int>(token) << "/s, " << token / file << " of a file key\n";
}

}  // namespace
}  // namespace vidimus
