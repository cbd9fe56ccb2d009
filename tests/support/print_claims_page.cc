// claims_page: prints docs/reference/claims.md.
#include <iostream>

#include "tests/support/claims_page.h"

int main() {
  std::cout << vidimus::testing::ClaimsPage();
  return std::cout.flush() ? 0 : 1;
}
