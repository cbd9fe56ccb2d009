#include "base/metrics.h"

#include <charconv>

namespace vidimus {
namespace {

std::string Number(double value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return error == std::errc() ? std::string(text.data(), end) : "NaN";
}

// Backslash, quote and line feed are written with a backslash; nothing else is special in a label's value.
void AppendEscaped(std::string_view value, std::string& out) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

}  // namespace

void LatencyHistogram::Count(int64_t microseconds) {
  size_t bucket = 0;
  while (bucket < kBounds.size() && microseconds > kBounds[bucket]) ++bucket;
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  microseconds_.fetch_add(microseconds, std::memory_order_relaxed);
}

LatencyHistogram::Reading LatencyHistogram::Read() const {
  Reading out;
  uint64_t sum = 0;
  for (size_t i = 0; i < counts_.size(); ++i) out.up_to[i] = sum += counts_[i].load(std::memory_order_relaxed);
  out.seconds = static_cast<double>(microseconds_.load(std::memory_order_relaxed)) / 1e6;
  return out;
}

void MetricsText::Family(std::string_view name, std::string_view type, std::string_view help) {
  family_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void MetricsText::Sample(Labels labels, uint64_t value) { Line("", labels, "", std::to_string(value)); }
void MetricsText::Sample(Labels labels, double value) { Line("", labels, "", Number(value)); }

void MetricsText::Histogram(Labels labels, const LatencyHistogram::Reading& reading) {
  for (size_t i = 0; i < LatencyHistogram::kBounds.size(); ++i)
    Line("_bucket", labels, Number(static_cast<double>(LatencyHistogram::kBounds[i]) / 1e6), std::to_string(reading.up_to[i]));
  Line("_bucket", labels, "+Inf", std::to_string(reading.up_to.back()));
  Line("_sum", labels, "", Number(reading.seconds));
  Line("_count", labels, "", std::to_string(reading.up_to.back()));
}

void MetricsText::Line(std::string_view suffix, Labels labels, std::string_view bound, const std::string& value) {
  text_.append(family_).append(suffix);
  char separator = '{';
  const auto append = [&](std::string_view name, std::string_view label) {
    text_.append(1, separator).append(name).append("=\"");
    AppendEscaped(label, text_);
    text_ += '"';
    separator = ',';
  };
  for (const auto& [name, label] : labels) append(name, label);
  if (!bound.empty()) append("le", bound);
  if (separator == ',') text_ += '}';
  text_.append(" ").append(value).append("\n");
}

}  // namespace vidimus
