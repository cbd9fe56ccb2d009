// The published default policies (maa-rest-api section 2.4).
#pragma once

#include <string_view>

namespace vidimus {

// SgxEnclave and OpenEnclave; its x-ms-policy-hash is ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc.
std::string_view DefaultSgxPolicy();

}  // namespace vidimus
