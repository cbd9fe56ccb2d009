#include "base/log.h"

#include <array>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace vidimus {
namespace {

spdlog::logger& Logger() {
  static spdlog::logger logger = [] {
    spdlog::logger made("vidimus", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made.set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",%v}", spdlog::pattern_time_type::utc);
    made.flush_on(spdlog::level::info);
    return made;
  }();
  return logger;
}

// A JSON string; octets that are not printable ASCII are escaped, so that a line stays one line whatever a client sent.
void AppendQuoted(std::string_view text, std::string& out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet >= 0x20 && octet < 0x7f) {
      out += c;
    } else {
      out += "\\u00";
      out += kHex[octet >> 4];
      out += kHex[octet & 15];
    }
  }
  out += '"';
}

}  // namespace

void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  static constexpr std::array<std::string_view, 3> kNames = {"info", "warning", "error"};
  static constexpr std::array<spdlog::level::level_enum, 3> kLevels = {spdlog::level::info, spdlog::level::warn, spdlog::level::err};
  std::string line = "\"level\":";
  AppendQuoted(kNames[static_cast<size_t>(level)], line);
  line += ",\"event\":";
  AppendQuoted(event, line);
  for (const auto& [name, value] : fields) {
    line += ',';
    AppendQuoted(name, line);
    line += ':';
    AppendQuoted(value, line);
  }
  Logger().log(kLevels[static_cast<size_t>(level)], "{}", line);
}

}  // namespace vidimus
