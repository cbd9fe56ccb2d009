// Says what bytes are, by content, and has their fields listed. Takes off hexadecimal text, base64, and JSON around a token.
#pragma once

#include <string_view>

#include "inspect/inspection.h"

namespace vidimus::inspect {

// What Recognise knows, for a message.
std::string_view RecognisedKinds();

// False when the content is nothing that is recognised; `out` is then meaningless. Any input is fine.
bool Recognise(Bytes content, Inspection& out);

}  // namespace vidimus::inspect
