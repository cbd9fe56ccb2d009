// Letters as protocols compare them: ASCII only, whatever the locale.
#pragma once

#include <string>
#include <string_view>

namespace vidimus {

// A to Z become a to z; every other octet stays, so the size does too.
std::string AsciiLower(std::string_view text);

}  // namespace vidimus
