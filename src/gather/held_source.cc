#include "gather/held_source.h"

#include <tuple>

namespace vidimus {
namespace {

bool IsBefore(const HeldIntelDocument& a, const HeldIntelDocument& b) {
  return std::tie(a.key.evaluation_data_number, a.issued) < std::tie(b.key.evaluation_data_number, b.issued);
}

class HeldSource : public IntelSource {
 public:
  HeldSource(std::string name, std::function<Result<IntelEndorsements>()> read) : name_(std::move(name)), read_(std::move(read)) {}

  const std::string& name() const override { return name_; }

  tl::expected<std::vector<NamedDocument>, SourceFailure> Fetch(const IntelDocumentKey& key) override {
    const auto held = read_();
    if (!held) return tl::unexpected(SourceFailure{Error{ErrorCode::kIo, held.error().where, held.error().detail}, std::nullopt});
    const std::vector<HeldIntelDocument> documents = held->Held();
    const HeldIntelDocument* best = nullptr;
    for (const HeldIntelDocument& one : documents)
      if (Answers(one, key) && (best == nullptr || IsBefore(*best, one))) best = &one;
    if (best == nullptr)
      return tl::unexpected(
          SourceFailure{Error{ErrorCode::kMissing, "gather.held", name_ + " has no " + IntelDocumentName(key)}, std::nullopt});
    std::vector<NamedDocument> out = {
        {name_ + ": " + IntelDocumentName(best->key), ByteVector(best->content.begin(), best->content.end())}};
    if (!best->issuer_chain.empty())
      out.push_back({name_ + ": issuer chain", ByteVector(best->issuer_chain.begin(), best->issuer_chain.end())});
    return out;
  }

 private:
  const std::string name_;
  const std::function<Result<IntelEndorsements>()> read_;
};

}  // namespace

std::unique_ptr<IntelSource> MakeHeldSource(std::string name, std::function<Result<IntelEndorsements>()> read) {
  return std::make_unique<HeldSource>(std::move(name), std::move(read));
}

}  // namespace vidimus
