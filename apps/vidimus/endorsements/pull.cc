// vidimus endorsements pull: fetch what platforms need and write it into a bundle.
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>

#include "base/hex.h"
#include "clock.h"
#include "commands.h"
#include "endorsements/inputs.h"
#include "endorsements/puller.h"
#include "endorsements/verbs.h"
#include "files.h"
#include "gather/bundle.h"
#include "gather/http_source.h"
#include "net/http_client.h"
#include "offline.h"

namespace vidimus {
namespace {

using Kind = IntelDocumentKind;

struct Options {
  std::vector<std::string> evidence, fmspcs, sim_roots;
  std::string tee = "sgx", ca, from = "pcs", ca_file, out;
};

// What to fetch: FMSPCs by their TEE, and whose CRLs.
struct Wanted {
  std::map<IntelTee, std::set<std::string>> platforms;
  std::set<std::string> cas;
};

// KIND, KIND:URL, or a URL, which is a caching server's.
Result<HttpSourceSettings> ParseSource(const std::string& text) {
  HttpSourceSettings out;
  out.kind = HttpSourceKind::kPccs;
  out.url = text;
  const size_t colon = text.find(':');
  if (const auto kind = FindHttpSourceKind(text.substr(0, colon))) {
    out.kind = *kind;
    out.url = colon == std::string::npos ? PublishedUrl(*kind).value_or("") : text.substr(colon + 1);
  }
  out.name = out.url;
  if (out.url.starts_with("https://")) return out;
  return Fail(ErrorCode::kUsage, "endorsements.from",
              "--from: found \"" + text + "\", expected pcs, pcs-v3 or thim, one of them or pccs with :https://…, or https://… of a PCCS");
}

Result<Wanted> ReadWanted(const Options& options) {
  Wanted out;
  VIDIMUS_TRY(const std::vector<TrustAnchor> anchors, ReadAnchors(options.sim_roots));
  VIDIMUS_TRY(const std::vector<NeedyPlatform> platforms, ReadPlatforms(options.evidence, anchors, SystemNow()));
  for (const NeedyPlatform& one : platforms) {
    out.platforms[one.needs.tee].insert(HexEncode(one.needs.fmspc));
    out.cas.insert(one.needs.pck_ca);
  }
  for (const std::string& text : options.fmspcs) {
    const auto octets = HexDecode(text);
    if (!octets || octets->size() != 6)
      return Fail(ErrorCode::kUsage, "endorsements.fmspc", "--fmspc: found \"" + text + "\", expected 12 hexadecimal digits");
    out.platforms[options.tee == "tdx" ? IntelTee::kTdx : IntelTee::kSgx].insert(HexEncode(*octets));
  }
  if (!options.fmspcs.empty())
    for (const char* ca : {"platform", "processor"})
      if (options.ca.empty() || options.ca == ca) out.cas.insert(ca);
  return out;
}

bool IsAbsence(const Error& error) { return error.code == ErrorCode::kMissing || error.code == ErrorCode::kUnsupported; }

// The numbers of the newest list, which need not be in force: asking for one too many does no harm.
std::set<int64_t> PublishedNumbers(const IntelEndorsements& held, IntelTee tee) {
  std::set<int64_t> out;
  for (const TrustAnchor& anchor : held.anchors())
    if (const EvaluationNumbers* list = held.NumbersAt(tee, anchor.key, SystemNow()); list != nullptr)
      for (const EvaluationNumber& one : list->numbers) out.insert(one.number);
  return out;
}

// The newest, which has to be there, then every number that is published, of which a source may have lost some.
Status PullNumbers(EndorsementPuller& puller, IntelDocumentKey key, const std::set<int64_t>& numbers) {
  VIDIMUS_CHECK_OK(puller.Get(key));
  for (const int64_t number : numbers) {
    key.evaluation_data_number = number;
    const auto held = puller.held().Held();
    if (std::any_of(held.begin(), held.end(), [&](const HeldIntelDocument& one) { return Answers(one, key); })) continue;
    const Status got = puller.Get(key);
    if (!got && !IsAbsence(got.error())) return got;
    if (!got) std::cerr << "  none: " << got.error().detail << '\n';
  }
  return {};
}

Status PullAll(EndorsementPuller& puller, const Wanted& wanted) {
  VIDIMUS_CHECK_OK(puller.Get({Kind::kRootCrl, IntelTee::kSgx, "", std::nullopt}));
  for (const std::string& ca : wanted.cas) VIDIMUS_CHECK_OK(puller.Get({Kind::kPckCrl, IntelTee::kSgx, ca, std::nullopt}));
  for (const auto& [tee, fmspcs] : wanted.platforms) {
    const Status list = puller.Get({Kind::kEvaluationNumbers, tee, "", std::nullopt});
    if (!list && !IsAbsence(list.error())) return list;
    if (!list) std::cerr << "  none, so only the newest number is fetched: " << list.error().detail << '\n';
    const std::set<int64_t> numbers = PublishedNumbers(puller.held(), tee);
    VIDIMUS_CHECK_OK(PullNumbers(puller, {Kind::kQeIdentity, tee, "", std::nullopt}, numbers));
    for (const std::string& fmspc : fmspcs) VIDIMUS_CHECK_OK(PullNumbers(puller, {Kind::kTcbInfo, tee, fmspc, std::nullopt}, numbers));
  }
  return {};
}

// Old documents are what some mirrors serve: they are kept, and said to be old.
void SayWhatIsOld(const IntelEndorsements& held, UnixTime now) {
  for (const HeldIntelDocument& one : held.Held())
    if (now > one.next_update)
      std::cerr << "note: " << IntelDocumentName(one.key) << " expired at " << FormatRfc3339Utc(one.next_update) << '\n';
}

int Run(const Options& options) {
  const auto fail = [](const Error& error, int status) {
    SayWhyNot("pull", error);
    return status;
  };
  auto settings = ParseSource(options.from);
  if (!settings) return fail(settings.error(), kExitUsage);
  const auto wanted = ReadWanted(options);
  if (!wanted) {
    const ErrorCode code = wanted.error().code;
    return fail(wanted.error(), code == ErrorCode::kIo || code == ErrorCode::kUsage ? kExitUsage : kExitRefused);
  }
  if (const Status place = RequireReplaceable(options.out); !place) return fail(place.error(), kExitUsage);
  auto anchors = ReadAnchors(options.sim_roots);
  if (!anchors) return fail(anchors.error(), kExitUsage);
  const auto source = MakeHttpSource(*std::move(settings), std::make_shared<HttpClient>(options.ca_file), SystemNow);
  EndorsementPuller puller(*source, IntelEndorsements(*std::move(anchors)));
  if (const Status pulled = PullAll(puller, *wanted); !pulled) return fail(pulled.error(), kExitRefused);
  SayWhatIsOld(puller.held(), SystemNow());
  const auto bundle = WriteEndorsementBundle(puller.held().Held(), SystemNow());
  if (!bundle) return fail(bundle.error(), kExitRefused);
  if (const Status written = WritePublicFile(options.out, AsBytes(*bundle)); !written) return fail(written.error(), kExitUsage);
  std::cerr << puller.held().Held().size() << " documents in " << options.out << '\n';
  return kExitAccepted;
}

}  // namespace

void AddEndorsementsPull(CLI::App& endorsements, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = endorsements.add_subcommand("pull", "Fetch what platforms need and write it into a bundle.");
  command->footer(
      "Fetches both revocation lists, the signed list of evaluation numbers, and TCB info and identities of the newest number and of "
      "every\n"
      "number on the list. All of it is verified before the bundle is written; without all of it nothing is written.\n"
      "Exit status: 0 written, 1 a document is not to be had or does not verify, or evidence is of no trusted platform, 2 wrong usage or\n"
      "unreadable file.");
  auto* evidence =
      command->add_option("--for", options->evidence, "Quotes or Open Enclave evidence, binary, hexadecimal or base64: for their platforms")
          ->type_name("EVIDENCE");
  auto* fmspc = command->add_option("--fmspc", options->fmspcs, "For the platforms of these FMSPCs, comma separated")->delimiter(',');
  fmspc->type_name("LIST");
  command->add_option("--tee", options->tee, "What --fmspc is about")->check(CLI::IsMember({"sgx", "tdx"}))->capture_default_str();
  command->add_option("--ca", options->ca, "Whose PCK certificates the platforms of --fmspc have; default: either")
      ->check(CLI::IsMember({"platform", "processor"}));
  command
      ->add_option(
          "--from", options->from,
          "Intel's service, Azure's mirror, or a caching server: pcs, pcs-v3, thim, pccs:URL or URL; pcs:URL for the same elsewhere")
      ->type_name("SOURCE")
      ->capture_default_str();
  command->add_option("--ca-file", options->ca_file, "Authorities to trust for https instead of the system's")
      ->check(CLI::ExistingFile)
      ->type_name("PEM");
  command->add_option("--sim-root", options->sim_roots, "Trust a simulated vendor's root too; for tests only")->type_name("PEM");
  command->add_option("--out,--output", options->out, "The bundle; replaced if it is there")->required()->type_name("BUNDLE");
  command->callback([options, evidence, fmspc, &run] {
    if (evidence->count() + fmspc->count() == 0) throw CLI::RequiredError("--for or --fmspc");
    run = [options] { return Run(*options); };
  });
}

}  // namespace vidimus
