#include "inspect/der_walk.h"

#include <array>

#include "base/hex.h"
#include "inspect/oid.h"

namespace vidimus::inspect {
namespace {

using namespace x509;

constexpr std::string_view kSgxPrefix = "1.2.840.113741.1.13.1.";

// RFC 5280 4.2.1.3, by bit.
constexpr auto kKeyUsages = std::to_array<std::string_view>({"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment",
                                                             "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"});

std::string KeyUsageText(Bytes value) {
  DerReader reader(value);
  const auto bits = reader.Read(kBitString);
  if (!bits || bits->value.size() < 2) return HexEncode(value);
  std::string out;
  const Bytes octets = bits->value.subspan(1);
  for (size_t bit = 0; bit < octets.size() * 8 && bit < kKeyUsages.size(); ++bit)
    if ((octets[bit / 8] >> (7 - bit % 8) & 1) != 0) out += (out.empty() ? "" : ", ") + std::string(kKeyUsages[bit]);
  return out;
}

std::string BasicConstraintsText(Bytes value) {
  DerReader outer(value);
  const auto sequence = outer.Read(kSequence);
  if (!sequence) return HexEncode(value);
  DerReader reader(sequence->value);
  std::string out = "CA: no";
  if (reader.NextIs(kBoolean)) {
    const auto ca = reader.Read();
    if (ca && !ca->value.empty() && ca->value[0] != 0) out = "CA: yes";
  }
  if (const auto length = reader.ReadUnsigned(); length && length->size() <= 1)
    out += ", path length " + std::to_string(length->empty() ? 0 : (*length)[0]);
  return out;
}

// The URIs, [6] IA5String, of the distribution points that have a plain shape.
std::string DistributionPointsText(Bytes value) {
  std::string out;
  DerReader outer(value);
  const auto list = outer.Read(kSequence);
  if (!list) return HexEncode(value);
  for (DerReader points(list->value); !points.empty();) {
    Bytes inner;
    const auto point = points.Read(kSequence);
    if (!point) break;
    inner = point->value;
    for (const uint8_t tag : {uint8_t{0xa0}, uint8_t{0xa0}, uint8_t{0x86}}) {
      DerReader reader(inner);
      const auto next = reader.Read(tag);
      if (!next) return HexEncode(value);
      inner = next->value;
    }
    out += (out.empty() ? "" : " ") + std::string(AsText(inner));
  }
  return out;
}

std::string KeyIdText(Bytes value) {
  DerReader reader(value);
  const auto outer = reader.Read();
  if (!outer || outer->tag != kSequence) return HexEncode(outer ? outer->value : value);
  DerReader inner(outer->value);
  const auto id = inner.Read(0x80);
  return HexEncode(id ? id->value : value);
}

std::string ExtensionText(const Extension& extension) {
  if (IsOid(extension.oid, kKeyUsage)) return KeyUsageText(extension.value);
  if (IsOid(extension.oid, kBasicConstraints)) return BasicConstraintsText(extension.value);
  if (IsOid(extension.oid, kCrlDistributionPoints)) return DistributionPointsText(extension.value);
  if (IsOid(extension.oid, kSubjectKeyId) || IsOid(extension.oid, kAuthorityKeyId)) return KeyIdText(extension.value);
  if (IsOid(extension.oid, kCrlNumber)) {
    DerReader reader(extension.value);
    if (const auto number = reader.ReadUnsigned()) return number->empty() ? "00" : HexEncode(*number);
  }
  return HexEncode(extension.value);
}

std::string_view ExtensionMeaning(std::string_view name) {
  if (name == "key_usage") return "what the key may do";
  if (name == "basic_constraints") return "whether it may sign certificates, and how many levels below";
  if (name == "crl_distribution_points") return "where its revocation list is published";
  if (name == "subject_key_id") return "id of this key";
  if (name == "authority_key_id") return "id of the issuer's key";
  if (name == "crl_number") return "grows with every list; hexadecimal";
  return "content of the extension";
}

// Section 3.3; by what follows the prefix. Components .2.1 to .2.16 are named in SgxEntry.
struct SgxEntryName {
  std::string_view arcs, name, meaning;
};
constexpr auto kSgxEntries = std::to_array<SgxEntryName>({
    {"1", "sgx.ppid", "PPID: platform provisioning id"},
    {"2.17", "sgx.tcb.pce_svn", "SVN of the provisioning certification enclave"},
    {"2.18", "sgx.tcb.cpu_svn", "CPUSVN as one value"},
    {"3", "sgx.pce_id", "PCEID: id of the provisioning certification enclave"},
    {"4", "sgx.fmspc", "FMSPC: family, model, stepping, platform, custom SKU; selects the TCB info"},
    {"5", "sgx.type", "0 standard, 1 scalable, 2 scalable with integrity"},
    {"6", "sgx.platform_instance_id", "id of this platform instance"},
    {"7.1", "sgx.dynamic_platform", "packages can be added to the platform"},
    {"7.2", "sgx.cached_keys", "Intel keeps the platform's root keys"},
    {"7.3", "sgx.smt_enabled", "simultaneous multithreading is on"},
});

void SgxEntry(DerWalk& walk, const DerElement& pair, Bytes oid, const DerElement& value) {
  constexpr uint8_t kInteger = 0x02, kEnumerated = 0x0a;
  const std::string dotted = DottedOid(oid);
  const std::string arcs = dotted.starts_with(kSgxPrefix) ? dotted.substr(kSgxPrefix.size()) : dotted;
  std::string text = HexEncode(value.value);
  if ((value.tag == kInteger || value.tag == kEnumerated) && value.value.size() <= 4 && !value.value.empty() && value.value[0] < 0x80) {
    uint64_t number = 0;
    for (const uint8_t octet : value.value) number = number << 8 | octet;
    text = std::to_string(number);
  } else if (value.tag == kBoolean && value.value.size() == 1) {
    text = value.value[0] != 0 ? "true" : "false";
  }
  for (const SgxEntryName& known : kSgxEntries)
    if (known.arcs == arcs) return walk.Row(pair.raw, known.name, text, known.meaning);
  if (arcs.starts_with("2.")) {
    const std::string number = (arcs.size() == 3 ? "0" : "") + arcs.substr(2);
    return walk.Row(pair.raw, "sgx.tcb.svn" + number, text, "SVN of TCB component " + number);
  }
  walk.Row(pair.raw, "sgx." + arcs, text, "unknown entry");
}

// A SEQUENCE OF SEQUENCE { OID, value }; .2 and .7 hold one more of these, and nothing below them does.
Status ListSgxEntries(DerWalk& walk, Bytes list, bool outermost) {
  for (DerReader reader(list); !reader.empty();) {
    VIDIMUS_TRY(const DerElement pair, reader.Read(kSequence));
    DerReader inner(pair.value);
    VIDIMUS_TRY(const DerElement oid, inner.Read(kOid));
    VIDIMUS_TRY(const DerElement value, inner.Read());
    if (outermost && value.tag == kSequence) {
      VIDIMUS_CHECK_OK(ListSgxEntries(walk, value.value, false));
    } else {
      SgxEntry(walk, pair, oid.value, value);
    }
  }
  return {};
}

}  // namespace

void DerWalk::Row(Bytes at, std::string_view name, std::string_view value, std::string_view meaning) {
  const auto offset = static_cast<size_t>(at.data() - der_.data());
  if (offset >= available_) return;
  if (at.size() <= available_ - offset) return out_.Add(offset, at.size(), prefix_ + std::string(name), value, meaning);
  const size_t held = available_ - offset;
  out_.Add(offset, held, prefix_ + std::string(name), "cut, " + std::to_string(held) + " of " + std::to_string(at.size()) + " bytes",
           meaning);
}

std::string NameText(Bytes name) {
  std::string out;
  for (DerReader names(name); !names.empty();) {
    const auto set = names.Read(kSet);
    if (!set) return out + " (broken)";
    for (DerReader attributes(set->value); !attributes.empty();) {
      const auto attribute = attributes.Read(kSequence);
      if (!attribute) return out + " (broken)";
      DerReader reader(attribute->value);
      const auto oid = reader.Read(kOid);
      const auto value = reader.Read();
      if (!oid || !value) return out + " (broken)";
      out += (out.empty() ? "" : ", ") + OidText(oid->value) + "=" + std::string(AsText(value->value));
    }
  }
  return out.empty() ? "(no name)" : out;
}

std::string AlgorithmText(Bytes algorithm) {
  DerReader reader(algorithm);
  const auto oid = reader.Read(kOid);
  if (!oid) return HexEncode(algorithm);
  const auto parameter = reader.NextIs(kOid) ? reader.Read() : Result<DerElement>(DerElement{});
  return OidText(oid->value) + (parameter && !parameter->value.empty() ? ", " + OidText(parameter->value) : "");
}

Status ListPublicKey(DerWalk& walk, const DerElement& info) {
  DerReader inner(info.value);
  VIDIMUS_TRY(const DerElement algorithm, inner.Read(kSequence));
  VIDIMUS_TRY(const DerElement bits, inner.Read(kBitString));
  walk.Row(algorithm.raw, "public_key.algorithm", AlgorithmText(algorithm.value), "kind of the key");
  walk.Row(bits.raw, "public_key", HexEncode(bits.value.empty() ? bits.value : bits.value.subspan(1)), "the key; on a curve 04, X, Y");
  return {};
}

Status ListExtension(DerWalk& walk, const Extension& extension) {
  const std::string dotted = DottedOid(extension.oid);
  const std::string_view known = OidName(dotted);
  const std::string name = "extension." + (known.empty() ? dotted : std::string(known));
  const std::string critical = extension.critical ? "critical; " : "";
  if (!IsOid(extension.oid, kSgxExtensions)) {
    walk.Row(extension.value, name, ExtensionText(extension), critical + std::string(ExtensionMeaning(known)));
    return {};
  }
  walk.Row(extension.value, name, std::to_string(extension.value.size()) + " bytes",
           critical + "Intel's SGX extension: the platform and its TCB");
  DerReader reader(extension.value);
  VIDIMUS_TRY(const DerElement sequence, reader.Read(kSequence));
  return ListSgxEntries(walk, sequence.value, true);
}

}  // namespace vidimus::inspect
