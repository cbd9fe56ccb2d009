#include "tests/support/simulated_sgx.h"
namespace vidimus {
TEST(SimulatedSgx, Good) {
  const auto out = testing::Judge({});
  EXPECT_EQ(out.where, "");
  ASSERT_TRUE(out.tcb);
  EXPECT_EQ(out.tcb->status, TcbStatus::kUpToDate);
}
}  // namespace vidimus
