// Forms: application/x-www-form-urlencoded, as clients of token endpoints send it (RFC 6749 appendix B).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace vidimus {

using FormFields = std::vector<std::pair<std::string, std::string>>;  // decoded, in the order sent

// Fields between '&', empty ones passed over; a field without '=' has an empty value. At most limits::kFormBytes and limits::kFormFields.
// Errors: form.size, form.fields, form.encoding
Result<FormFields> ParseForm(std::string_view text);

// One name or value: %XX is an octet, '+' a space; the result is UTF-8 without NUL. Error: form.encoding
Result<std::string> DecodeFormText(std::string_view text);

// The same for sending, and as a path or query of a URL takes it: %XX for all but letters, digits, '-', '.', '_' and '~' (RFC 3986
// section 2.3), a space too.
std::string EncodeFormText(std::string_view text);
// The fields as a body.
std::string WriteForm(const FormFields& fields);

}  // namespace vidimus
