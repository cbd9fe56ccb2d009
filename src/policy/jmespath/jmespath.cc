#include "policy/jmespath/jmespath.h"

#include "policy/jmespath/evaluation.h"
#include "policy/jmespath/parser.h"

namespace vidimus {

JmesPath::JmesPath(std::unique_ptr<const jmespath::Node> root) : root_(std::move(root)) {}
JmesPath::JmesPath(JmesPath&&) noexcept = default;
JmesPath& JmesPath::operator=(JmesPath&&) noexcept = default;
JmesPath::~JmesPath() = default;

Result<JmesPath> JmesPath::Parse(std::string_view query) {
  VIDIMUS_TRY(std::unique_ptr<const jmespath::Node> root, jmespath::ParseQuery(query));
  return JmesPath(std::move(root));
}

Result<Json> JmesPath::Search(const Json& data, Steps& steps) const {
  jmespath::Evaluation evaluation(steps);
  VIDIMUS_TRY(const jmespath::Value found, evaluation.Evaluate(*root_, &data));
  return evaluation.workspace().Copy(found);
}

}  // namespace vidimus
