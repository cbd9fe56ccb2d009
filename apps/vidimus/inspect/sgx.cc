#include "inspect/sgx.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "evidence/open_enclave.h"
#include "evidence/sgx_quote.h"
#include "evidence/tdx_quote.h"
#include "inspect/layout.h"
#include "inspect/x509.h"

namespace vidimus::inspect {
namespace {

constexpr size_t kHeaderSize = 48, kDescriptorSize = 6, kReportHeader = 16, kEvidenceHeader = 32;
constexpr size_t kTdReportSizes[] = {584, 648, 885};  // of body types 2, 3 and 4
constexpr uint32_t kTdx = 0x81;

uint64_t NumberAt(Bytes content, size_t offset, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size && offset + i < content.size(); ++i) value |= uint64_t{content[offset + i]} << (8 * i);
  return value;
}

// Reads fields one after the other; once the bytes have ended every further field is refused.
class Cursor {
 public:
  Cursor(const Source& source, size_t at) : source_(source), at_(at) {}
  bool ok() const { return ok_; }
  size_t at() const { return at_; }
  Bytes Take(size_t size, std::string_view name, Form form, std::string_view meaning) {
    if (!ok_ || !(ok_ = AddField(source_, {at_, size, name, form, meaning}))) return {};
    at_ += size;
    return source_.content.subspan(at_ - size, size);
  }
  uint64_t TakeNumber(size_t size, std::string_view name, Form form, std::string_view meaning) {
    return NumberAt(Take(size, name, form, meaning), 0, size);
  }
  void TakeReport(std::string_view prefix) {
    if (!ok_) return;
    ok_ = AddLayout({source_.content, source_.base, std::string(prefix), source_.out}, kReportBody, at_);
    at_ += kSgxReportBodySize;
  }

 private:
  const Source& source_;
  size_t at_;
  bool ok_ = true;
};

// Section 1.7.
void DescribeCertificationData(const Source& source, size_t at, size_t size, uint64_t type) {
  Cursor cursor(source, at);
  if (type >= 1 && type <= 3) {
    const size_t ppid = type == 1 ? 16 : type == 2 ? 256 : 384;
    cursor.Take(ppid, "certification.ppid", Form::kHex, type == 1 ? "platform provisioning id" : "platform provisioning id, encrypted");
    cursor.Take(16, "certification.cpu_svn", Form::kHex, "SVN of the processor");
    cursor.TakeNumber(2, "certification.pce_svn", Form::kNumber, "SVN of the provisioning certification enclave");
    if (size >= ppid + 20) cursor.Take(2, "certification.pce_id", Form::kHex, "id of the provisioning certification enclave");
    if (cursor.ok() && cursor.at() < at + size) cursor.Take(at + size - cursor.at(), "certification.rest", Form::kHex, "undecoded");
    return;
  }
  if (type == 4 || type == 5) {
    // The cursor stands within the content, whose end may come before the data's.
    const size_t there = std::min(size, source.content.size() - at);
    if (DescribePem(AsText(source.content.subspan(at, there)), source.base + at, source.out).empty() && there > 0)
      (void)AddField(source, {at, there, "certification.data", Form::kHex, "not PEM, although it must be"});
    if (there < size)
      source.out.Note("truncated: ends " + AtOffset(source.base + source.content.size()) + "; the certification data ends " +
                      AtOffset(source.base + at + size));
    return;
  }
  cursor.Take(size, "certification.data", Form::kHex, "not decoded");
}

// Sections 1.5 and 1.6, from the length field on. Returns where the quote says it ends.
size_t DescribeAuthData(const Source& source, size_t at, uint64_t version) {
  Cursor cursor(source, at);
  const uint64_t length = cursor.TakeNumber(4, "auth.length", Form::kNumber, "bytes of the auth data that follow");
  if (!cursor.ok()) return source.content.size();
  const size_t end = at + 4 + static_cast<size_t>(length);
  cursor.Take(64, "auth.signature", Form::kHex, "r and s, by the attestation key over all bytes before auth.length");
  cursor.Take(64, "auth.attestation_key", Form::kHex, "X and Y of the attestation key, on P-256");
  if (version >= 4) {
    cursor.TakeNumber(2, "auth.certification_type", Form::kCertificationType, "outer type of certification data");
    cursor.TakeNumber(4, "auth.certification_size", Form::kNumber, "bytes in the outer certification data");
  }
  cursor.TakeReport("qe_report.");
  cursor.Take(64, "qe_report.signature", Form::kHex, "r and s, by the PCK key over the quoting enclave's report");
  const uint64_t data_size = cursor.TakeNumber(2, "qe_auth_data.size", Form::kNumber, "bytes in the QE's authentication data");
  if (data_size > 0) cursor.Take(data_size, "qe_auth_data", Form::kHex, "hashed with the attestation key into the QE's report data");
  const uint64_t type = cursor.TakeNumber(2, "certification.type", Form::kCertificationType, "type of certification data");
  const uint64_t size = cursor.TakeNumber(4, "certification.size", Form::kNumber, "bytes in the certification data");
  if (!cursor.ok()) return end;
  if (cursor.at() + size != end)
    source.out.Note("lengths disagree: the certification data ends " + AtOffset(source.base + cursor.at() + size) + ", the auth data " +
                    AtOffset(source.base + end));
  DescribeCertificationData(source, cursor.at(), size, type);
  return end;
}

// False, with a note, of an unknown kind or when the bytes end before the report.
bool AddTdReport(const Source& source, size_t at, uint64_t type) {
  if (type < 2 || type > 4) {
    source.out.Note("the body is of an unknown kind; it is not decoded, nor what follows it");
    return false;
  }
  return AddLayout(source, kTdReport, at) && (type < 3 || AddLayout(source, kTdReport15, at)) &&
         (type < 4 || AddLayout(source, kTdReport15Extended, at));
}

// A quote in `content`, which begins at `base` of the file. Returns the size the quote gives itself, at most that of `content`.
size_t DescribeQuoteAt(Bytes content, size_t base, Inspection& out) {
  const Source source{content, base, "", out};
  if (!AddLayout(source, kQuoteHeader)) return content.size();
  const uint64_t version = NumberAt(content, 0, 2), tee = NumberAt(content, 4, 4);
  size_t body = kHeaderSize;
  uint64_t type = tee == kTdx ? 2 : 1;
  if (version == 5) {
    if (!AddLayout(source, kBodyDescriptor)) return content.size();
    type = NumberAt(content, kHeaderSize, 2);
    body += kDescriptorSize;
  }
  const Source report{content, base, "report.", out};
  if (type == 1 ? !AddLayout(report, kReportBody, body) : !AddTdReport(report, body, type)) return content.size();
  const size_t size = type == 1 ? kSgxReportBodySize : kTdReportSizes[type - 2];
  return std::min(content.size(), DescribeAuthData(source, body + size, version));
}

std::string QuoteKind(Bytes content) {
  return std::string(NumberAt(content, 4, 4) == kTdx ? "TDX" : "SGX") + " quote, version " + std::to_string(NumberAt(content, 0, 2));
}

void NoteTrailing(Bytes content, size_t end, Inspection& out) {
  if (end >= content.size()) return;
  const Bytes rest = content.subspan(end);
  out.Note(std::to_string(rest.size()) + " bytes follow the quote " + AtOffset(end) + (AllZero(rest) ? ", all zero" : "") +
           "; they are not part of it");
}

void NoteStrict(const Status& parsed, Inspection& out) {
  if (!parsed) out.Note("the strict reader refuses it, " + std::string(parsed.error().where) + ": " + parsed.error().detail);
}

}  // namespace

bool LooksLikeQuote(Bytes content) {
  if (content.size() < 8) return false;
  const uint64_t version = NumberAt(content, 0, 2), key = NumberAt(content, 2, 2), tee = NumberAt(content, 4, 4);
  return version >= 3 && version <= 5 && (key == 2 || key == 3) && (tee == 0 || tee == kTdx);
}

bool LooksLikeOpenEnclave(Bytes content) {
  if (content.size() < 8) return false;
  const uint64_t version = NumberAt(content, 0, 4), type = NumberAt(content, 4, 4);
  if (version == 1) {
    // Two small numbers alone begin many files: the size must agree, or a quote follow, as far as the file goes.
    if (type != 1 && type != 2) return false;
    if (content.size() < kReportHeader + 8) return true;
    return NumberAt(content, 8, 8) == content.size() - kReportHeader || LooksLikeQuote(content.subspan(kReportHeader));
  }
  return (version == 2 || version == 3) && content.size() >= 20 && !OpenEnclaveFormatName(content.subspan(4, 16)).empty();
}

bool LooksLikeReportBody(Bytes content) {
  if (content.size() != kSgxReportBodySize || AllZero(content.subspan(64, 32))) return false;
  const bool reserved = std::all_of(kReportBody.begin(), kReportBody.end(), [&](const LayoutField& field) {
    return field.form != Form::kReserved || AllZero(content.subspan(field.offset, field.size));
  });
  return reserved && (content[48] & kSgxFlagInit) != 0;
}

void DescribeQuote(Bytes content, Inspection& out) {
  out.kind = QuoteKind(content);
  NoteTrailing(content, DescribeQuoteAt(content, 0, out), out);
  NoteStrict(NumberAt(content, 4, 4) == kTdx ? ParseTdxQuote(content).map([](const TdxQuote&) {})
                                             : ParseSgxQuote(content).map([](const SgxQuote&) {}),
             out);
}

void DescribeOpenEnclave(Bytes content, Inspection& out) {
  const bool report = NumberAt(content, 0, 4) == 1;
  out.kind = report ? "Open Enclave report (legacy)" : "Open Enclave evidence";
  const Source source{content, 0, "", out};
  if (!(report ? AddLayout(source, kOpenEnclaveReport) : AddLayout(source, kOpenEnclaveEvidence))) return;
  size_t at = report ? kReportHeader : kEvidenceHeader;
  const uint64_t size = NumberAt(content, at - 8, 8);
  if (size != content.size() - at)
    out.Note("lengths disagree: the header says that " + std::to_string(size) + " bytes follow it, found " +
             std::to_string(content.size() - at));
  bool local = report && NumberAt(content, 4, 4) == 1;
  if (!report && LooksLikeOpenEnclave(content.subspan(at)) && NumberAt(content, at, 4) == 1) {
    if (!AddLayout({content, 0, "legacy.", out}, kOpenEnclaveReport, at)) return;
    local = NumberAt(content, at + 4, 4) == 1;
    at += kReportHeader;
  }
  const Bytes inner = content.subspan(at);
  if (LooksLikeQuote(inner)) {
    out.kind += " with " + QuoteKind(inner);
    const size_t end = at + DescribeQuoteAt(inner, at, out);
    if (end < content.size())
      (void)AddField(source,
                     {end, content.size() - end, "oe.custom_claims", Form::kHex, "what follows the quote: the custom claims buffer"});
  } else if (local) {
    (void)AddLayout({content, 0, "report.", out}, kReportBody, at);
  } else {
    out.Note("what follows the header " + AtOffset(at) + " is not a quote");
  }
  NoteStrict(ParseOpenEnclave(content).map([](const OpenEnclaveEvidence&) {}), out);
}

void DescribeReportBody(Bytes content, Inspection& out) {
  out.kind = "SGX report body";
  (void)AddLayout({content, 0, "", out}, kReportBody);
  out.Note("a bare report body carries no signature: anyone can have written it");
}

}  // namespace vidimus::inspect
