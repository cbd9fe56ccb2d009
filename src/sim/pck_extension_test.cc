#include "sim/pck_extension.h"

#include <gtest/gtest.h>

namespace vidimus {
namespace {

PckExtension Platform() {
  PckExtension out{};
  out.ppid.fill(0x11);
  for (uint8_t i = 0; i < 16; ++i) out.components[i] = static_cast<uint8_t>(i * 17);  // 0 to 255, both sides of 127
  out.pce_svn = 13;
  out.cpu_svn.fill(0x22);
  out.pce_id = {0x33, 0x44};
  out.fmspc = {1, 2, 3, 4, 5, 6};
  out.sgx_type = 2;
  out.platform_instance_id = std::array<uint8_t, 16>{0x55};
  return out;
}

void ExpectReadBack(const PckExtension& in) {
  const auto out = ParsePckExtension(EncodePckExtension(in));
  ASSERT_TRUE(out) << out.error().detail;
  EXPECT_EQ(out->ppid, in.ppid);
  EXPECT_EQ(out->components, in.components);
  EXPECT_EQ(out->pce_svn, in.pce_svn);
  EXPECT_EQ(out->cpu_svn, in.cpu_svn);
  EXPECT_EQ(out->pce_id, in.pce_id);
  EXPECT_EQ(out->fmspc, in.fmspc);
  EXPECT_EQ(out->sgx_type, in.sgx_type);
  EXPECT_EQ(out->platform_instance_id, in.platform_instance_id);
}

TEST(PckExtension, IsReadBackInBothFormsOfSection33) {
  PckExtension platform = Platform();
  ExpectReadBack(platform);
  platform.platform_instance_id.reset();
  ExpectReadBack(platform);
}

TEST(PckExtension, NumbersAreMinimalOnBothSidesOfEachOctetBoundary) {
  for (const int svn : {0, 1, 127, 128, 255, 256, 32767, 32768, 65535}) {
    PckExtension platform = Platform();
    platform.pce_svn = static_cast<uint16_t>(svn);
    ExpectReadBack(platform);
  }
}

TEST(PckExtension, NoPrefixIsAccepted) {
  const ByteVector whole = EncodePckExtension(Platform());
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(ParsePckExtension(Bytes(whole).first(size))) << size;
}

}  // namespace
}  // namespace vidimus
