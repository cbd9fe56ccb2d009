// Which of the documents held holds for a platform at an instant: the rule of IntelEndorsements::Select. The shelves are in the order in
// which the rule prefers their documents.
#include <algorithm>
#include <tuple>

#include "base/hex.h"
#include "endorsement/intel_endorsements.h"

namespace vidimus {
namespace {

// Of its quoting enclave, as its identity document names it.
std::string_view IdentityOf(IntelTee tee) { return tee == IntelTee::kSgx ? "QE" : "TD_QE"; }

// The documents of one subject in the order of a shelf: of each number the first that was issued by then is the candidate.
template <typename T>
struct Choice {
  const Endorsed<T>* in_force = nullptr;  // of the highest number
  const Endorsed<T>* issued = nullptr;    // the first candidate
  const Endorsed<T>* any = nullptr;

  const Endorsed<T>* best() const { return in_force != nullptr ? in_force : issued != nullptr ? issued : any; }

  // Whether it is in force, so that nothing further counts.
  bool Offer(const Endorsed<T>& offered, const IntelSelection& selection) {
    const T& document = offered.document;
    if (any == nullptr) any = &offered;
    if (document.issue_date > selection.now || candidate_ == document.evaluation_data_number) return false;
    candidate_ = document.evaluation_data_number;
    if (issued == nullptr) issued = &offered;
    if (selection.expiry.Covers(document.next_update, selection.now)) in_force = &offered;
    return in_force != nullptr;
  }

 private:
  std::optional<int64_t> candidate_;  // of the number whose candidate has been seen
};

bool IsFor(const Endorsed<TcbInfo>& held, const IntelSelection& selection) {
  const auto& wanted = selection.evaluation_data_number;
  return held.anchor.key == selection.anchor.key && (!wanted || held.document.evaluation_data_number == *wanted);
}

const Endorsed<TcbInfo>* ChooseTcbInfo(const std::vector<std::shared_ptr<const Endorsed<TcbInfo>>>& shelf,
                                       const IntelSelection& selection) {
  const auto key = std::tie(selection.tee, selection.fmspc);
  auto it = std::lower_bound(shelf.begin(), shelf.end(), key, [](const auto& held, const auto& sought) {
    return std::tie(held->document.tee, held->document.fmspc) < sought;
  });
  Choice<TcbInfo> choice;
  for (; it != shelf.end() && std::tie((*it)->document.tee, (*it)->document.fmspc) == key; ++it)
    if (IsFor(**it, selection) && choice.Offer(**it, selection)) break;
  return choice.best();
}

const Endorsed<QeIdentity>* ChooseIdentity(const std::vector<std::shared_ptr<const Endorsed<QeIdentity>>>& shelf,
                                           const IntelSelection& selection, int64_t number) {
  const std::string_view id = IdentityOf(selection.tee);
  Choice<QeIdentity> of_number, highest;
  for (const auto& held : shelf) {
    if (held->document.id != id || held->anchor.key != selection.anchor.key) continue;
    if (held->document.evaluation_data_number == number && of_number.in_force == nullptr) of_number.Offer(*held, selection);
    if (highest.in_force == nullptr) highest.Offer(*held, selection);
  }
  if (of_number.in_force != nullptr || highest.in_force == nullptr) {
    if (of_number.best() != nullptr) return of_number.best();
  }
  return highest.best();
}

struct CrlChoice {
  const EndorsedCrl* issued = nullptr;  // the greatest number issued by then
  const EndorsedCrl* any = nullptr;

  void Offer(const EndorsedCrl& held, UnixTime now) {
    if (any == nullptr) any = &held;
    if (issued == nullptr && held.crl.this_update <= now) issued = &held;
  }
  const EndorsedCrl* best() const { return issued != nullptr ? issued : any; }
};

const EndorsedCrl* ChooseRootCrl(const std::vector<std::shared_ptr<const EndorsedCrl>>& shelf, const IntelSelection& selection) {
  CrlChoice choice;
  for (const auto& held : shelf)
    if (held->crl.issuer_common_name == kIntelRootName && held->anchor && held->anchor->key == selection.anchor.key)
      choice.Offer(*held, selection.now);
  return choice.best();
}

// One that its CA answers for comes before one that nobody has checked, and one of the very name before one of the common name.
const EndorsedCrl* ChoosePckCrl(const std::vector<std::shared_ptr<const EndorsedCrl>>& shelf, const IntelSelection& selection) {
  CrlChoice choices[4];
  for (const auto& held : shelf) {
    if (held->crl.issuer_common_name != selection.pck_ca || held->crl.issuer_common_name == kIntelRootName) continue;
    if (held->anchor && held->anchor->key != selection.anchor.key) continue;
    const bool same_name = Equal(held->crl.issuer, selection.pck_ca_subject);
    choices[(same_name ? 0 : 2) + (held->anchor ? 0 : 1)].Offer(*held, selection.now);
  }
  for (const CrlChoice& choice : choices)
    if (choice.best() != nullptr) return choice.best();
  return nullptr;
}

}  // namespace

Result<SelectedIntelEndorsements> IntelEndorsements::Select(const IntelSelection& selection) const {
  const std::string tee(IntelTeeName(selection.tee));
  SelectedIntelEndorsements out{};
  out.tcb_info = ChooseTcbInfo(tcb_infos_, selection);
  if (out.tcb_info == nullptr) {
    const auto& wanted = selection.evaluation_data_number;
    return Fail(ErrorCode::kMissing, "intel.select.tcb_info",
                "no " + tee + " TCB info held for FMSPC " + HexEncode(selection.fmspc) +
                    (wanted ? " and evaluation number " + std::to_string(*wanted) : ""));
  }
  out.qe_identity = ChooseIdentity(qe_identities_, selection, out.tcb_info->document.evaluation_data_number);
  if (out.qe_identity == nullptr)
    return Fail(ErrorCode::kMissing, "intel.select.qe_identity", "no identity of the " + tee + " quoting enclave held");
  out.root_crl = ChooseRootCrl(crls_, selection);
  if (out.root_crl == nullptr) return Fail(ErrorCode::kMissing, "intel.select.root_crl", "no CRL of the root held");
  out.pck_crl = ChoosePckCrl(crls_, selection);
  if (out.pck_crl == nullptr) return Fail(ErrorCode::kMissing, "intel.select.pck_crl", "no CRL of \"" + selection.pck_ca + "\" held");
  return out;
}

const EvaluationNumbers* IntelEndorsements::NumbersAt(IntelTee tee, const P256PublicKey& root, UnixTime now) const {
  for (const auto& list : number_lists_)
    if (list->document.tee == tee && list->anchor.key == root && list->document.issue_date <= now) return &list->document;
  return nullptr;
}

std::optional<int64_t> IntelEndorsements::StandardNumber(IntelTee tee, const P256PublicKey& root, UnixTime now,
                                                         const Expiry& expiry) const {
  const EvaluationNumbers* const latest = NumbersAt(tee, root, now);
  if (latest == nullptr || !expiry.CoversCrl(latest->next_update, now)) return std::nullopt;
  std::optional<int64_t> out;
  for (const auto& list : number_lists_)
    if (list->document.tee == tee && list->anchor.key == root && list->document.issue_date <= now)
      out = std::max(out, StandardNumberOf(list->document, now));
  return out;
}

Status IntelEndorsements::RequireSome() const {
  const auto of_root = [](const auto& held) { return held->crl.issuer_common_name == kIntelRootName; };
  const auto roots = std::count_if(crls_.begin(), crls_.end(), of_root);
  std::string missing;
  const auto need = [&](bool held, std::string_view name) {
    if (!held) missing += (missing.empty() ? "no " : ", no ") + std::string(name);
  };
  // TCB info and the identity of a quoting enclave serve together, of one TEE.
  const auto serves = [&](const auto& info) {
    const std::string_view id = IdentityOf(info->document.tee);
    return std::any_of(qe_identities_.begin(), qe_identities_.end(), [&](const auto& qe) { return qe->document.id == id; });
  };
  need(!tcb_infos_.empty(), "TCB info");
  need(std::any_of(tcb_infos_.begin(), tcb_infos_.end(), serves), "QE identity of the same TEE");
  need(roots != 0, "CRL of the root");
  need(static_cast<size_t>(roots) != crls_.size(), "CRL of a PCK CA");
  if (missing.empty()) return {};
  return Fail(ErrorCode::kMissing, "intel.held", "found " + missing + " among the endorsements, expected one at least of each");
}

}  // namespace vidimus
