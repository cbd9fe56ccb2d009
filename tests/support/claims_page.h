// docs/reference/claims.md, generated from the claim catalogue.
#pragma once

#include <string>

namespace vidimus::testing {

// The whole page, as it is committed.
std::string ClaimsPage();

}  // namespace vidimus::testing
