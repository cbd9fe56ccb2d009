#include "policy/diff.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <unordered_map>

#include "policy/lexer.h"

namespace vidimus {
namespace {

// Bounds what equal rules cost: each is tried with this many of its likes.
constexpr size_t kTwins = 16;
// Of the added rules that a removed one is compared with.
constexpr size_t kCandidates = 8;

using Pair = std::pair<size_t, size_t>;  // of rules, before and after

struct Side {
  std::vector<std::string> texts;
  std::vector<bool> settled;  // kept or moved
};

Side SideOf(const Program& program, const Section& section) {
  Side out;
  for (const Rule& rule : section.rules) out.texts.push_back(NormalRule(program, rule));
  out.settled.resize(out.texts.size());
  return out;
}

// A longest list of equal rules that ascends on both sides, after Hunt and Szymanski: the longest ascending row among the pairs of equal
// rules. `before` and `after` begin at `offset` of their sections.
std::vector<Pair> LongestCommon(std::span<const std::string> before, std::span<const std::string> after, size_t offset) {
  struct Node {
    Pair pair;
    size_t previous;
  };
  constexpr size_t kNone = static_cast<size_t>(-1);
  std::unordered_map<std::string_view, std::vector<size_t>> places;
  for (size_t j = 0; j < after.size(); ++j) places[after[j]].push_back(j);
  std::unordered_map<std::string_view, size_t> seen;
  std::vector<Node> nodes;
  std::vector<size_t> tails;  // the node that ends the best row of each length
  for (size_t i = 0; i < before.size(); ++i) {
    const auto found = places.find(before[i]);
    if (found == places.end()) continue;
    const size_t nth = seen[before[i]]++;
    const size_t begin = std::min(nth - std::min(nth, kTwins / 2), found->second.size() - std::min(found->second.size(), kTwins));
    const size_t end = std::min(begin + kTwins, found->second.size());
    for (size_t twin = end; twin-- > begin;) {  // descending: one rule goes into a row once
      const size_t j = found->second[twin];
      const auto at =
          std::lower_bound(tails.begin(), tails.end(), j, [&](size_t node, size_t wanted) { return nodes[node].pair.second < wanted; });
      nodes.push_back({{i, j}, at == tails.begin() ? kNone : *(at - 1)});
      if (at == tails.end()) {
        tails.push_back(nodes.size() - 1);
      } else {
        *at = nodes.size() - 1;
      }
    }
  }
  std::vector<Pair> out;
  for (size_t node = tails.empty() ? kNone : tails.back(); node != kNone; node = nodes[node].previous)
    out.push_back({nodes[node].pair.first + offset, nodes[node].pair.second + offset});
  std::reverse(out.begin(), out.end());
  return out;
}

// The rules that stay, in order.
std::vector<Pair> Kept(const Side& before, const Side& after) {
  const size_t shorter = std::min(before.texts.size(), after.texts.size());
  size_t head = 0;
  while (head < shorter && before.texts[head] == after.texts[head]) ++head;
  size_t tail = 0;
  while (tail < shorter - head && before.texts[before.texts.size() - 1 - tail] == after.texts[after.texts.size() - 1 - tail]) ++tail;
  std::vector<Pair> out;
  for (size_t i = 0; i < head; ++i) out.push_back({i, i});
  const auto middle = [&](const Side& side) { return std::span(side.texts).subspan(head, side.texts.size() - head - tail); };
  for (const Pair& pair : LongestCommon(middle(before), middle(after), head)) out.push_back(pair);
  for (size_t i = tail; i > 0; --i) out.push_back({before.texts.size() - i, after.texts.size() - i});
  return out;
}

// What a rule is about: its literals, functions and action, without the words that every rule has.
std::vector<std::string> Words(const std::string& rule) {
  Diagnostics diagnostics;
  std::vector<std::string> out;
  const std::optional<Tokens> tokens = LexPolicy(rule, diagnostics);
  if (!tokens) return out;
  for (size_t i = 0; i + 1 < tokens->tokens.size(); ++i) {
    const Token& token = tokens->tokens[i];
    const bool call = tokens->tokens[i + 1].text == "(" && tokens->tokens[i + 1].kind == TokenKind::kPunctuation;
    const bool word = token.kind == TokenKind::kIdentifier && (call || token.text == "true" || token.text == "false");
    if (word || token.kind == TokenKind::kString || token.kind == TokenKind::kInteger)
      out.push_back(rule.substr(token.span.begin, token.span.end - token.span.begin));
  }
  std::sort(out.begin(), out.end());
  return out;
}

// At least half of their words are common.
bool Similar(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
  return 4 * common.size() >= a.size() + b.size();
}

class SectionDiff {
 public:
  SectionDiff(PolicySection section, Side before, Side after, std::vector<RuleChange>& out)
      : section_(section), before_(std::move(before)), after_(std::move(after)), out_(out) {}

  void Run() {
    std::vector<Pair> kept = Kept(before_, after_);
    for (const auto& [i, j] : kept) before_.settled[i] = after_.settled[j] = true;
    FindMoved();
    kept.push_back({before_.texts.size(), after_.texts.size()});
    Pair from{0, 0};
    for (const Pair& to : kept) {
      Between(from, to);
      from = {to.first + 1, to.second + 1};
    }
  }

 private:
  void FindMoved() {
    std::unordered_map<std::string_view, std::vector<size_t>> gone;  // the last first
    for (size_t i = before_.texts.size(); i-- > 0;)
      if (!before_.settled[i]) gone[before_.texts[i]].push_back(i);
    moved_from_.resize(after_.texts.size());
    for (size_t j = 0; j < after_.texts.size(); ++j) {
      const auto found = after_.settled[j] ? gone.end() : gone.find(after_.texts[j]);
      if (found == gone.end() || found->second.empty()) continue;
      moved_from_[j] = found->second.back();
      found->second.pop_back();
      before_.settled[*moved_from_[j]] = after_.settled[j] = true;
    }
  }

  // The rules from `from` up to `to` have no neighbour in common.
  void Between(const Pair& from, const Pair& to) {
    std::vector<std::pair<size_t, std::vector<std::string>>> added;
    for (size_t j = from.second; j < to.second; ++j)
      if (!after_.settled[j]) added.emplace_back(j, Words(after_.texts[j]));
    size_t next = 0;  // of `added`
    size_t written = from.second;
    for (size_t i = from.first; i < to.first; ++i) {
      if (before_.settled[i]) continue;
      const std::vector<std::string> words = Words(before_.texts[i]);
      const size_t end = std::min(added.size(), next + kCandidates);
      size_t match = next;
      while (match < end && !Similar(words, added[match].second)) ++match;
      if (match == end) {
        out_.push_back({RuleChange::Kind::kRemoved, section_, i, std::nullopt});
        continue;
      }
      WriteAdded(written, added[match].first);
      out_.push_back({RuleChange::Kind::kChanged, section_, i, added[match].first});
      written = added[match].first + 1;
      next = match + 1;
    }
    WriteAdded(written, to.second);
  }

  void WriteAdded(size_t from, size_t to) {
    for (size_t j = from; j < to; ++j) {
      if (moved_from_[j]) out_.push_back({RuleChange::Kind::kMoved, section_, moved_from_[j], j});
      if (!after_.settled[j]) out_.push_back({RuleChange::Kind::kAdded, section_, std::nullopt, j});
    }
  }

  PolicySection section_;
  Side before_, after_;
  std::vector<std::optional<size_t>> moved_from_;  // by rule after
  std::vector<RuleChange>& out_;
};

}  // namespace

std::vector<RuleChange> DiffRules(const Program& before, const Program& after) {
  std::vector<RuleChange> out;
  const auto diff = [&](PolicySection section, const Section& a, const Section& b) {
    SectionDiff(section, SideOf(before, a), SideOf(after, b), out).Run();
  };
  diff(PolicySection::kConfiguration, before.configuration, after.configuration);
  diff(PolicySection::kAuthorization, before.authorization, after.authorization);
  diff(PolicySection::kIssuance, before.issuance, after.issuance);
  return out;
}

std::string NormalRule(const Program& program, const Rule& rule) {
  const std::string_view text = program.TextOf(rule.span);
  Diagnostics diagnostics;
  const std::optional<Tokens> tokens = LexPolicy(text, diagnostics);
  if (!tokens) return std::string(text);
  std::string out;
  for (const Token& token : tokens->tokens) {
    if (token.kind == TokenKind::kEnd) break;
    if (!out.empty()) out += ' ';
    out += text.substr(token.span.begin, token.span.end - token.span.begin);
  }
  return out;
}

}  // namespace vidimus
