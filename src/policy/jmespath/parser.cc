#include "policy/jmespath/parser.h"

#include <map>

#include "policy/jmespath/functions.h"
#include "policy/jmespath/lexer.h"

namespace vidimus::jmespath {
namespace {

using NodePtr = std::unique_ptr<Node>;

// How strongly what follows an expression holds on to it. The specification orders | || && and ! before ]. Comparators stand between
// && and !, and !a.b is !(a.b): as (!a).b it would always be null. All up to kFlattening end a projection. How far a projection reaches
// is as in the implementations that policies were written against: a[?x].b[?y] filters the projected list, a[*].b[?y] each value.
enum Binding : int {
  kNothing,
  kPipe,
  kOr,
  kAnd,
  kComparison,
  kNegation,
  kFlattening,
  kStar,
  kFiltering,
  kDot,
  kBracket,
};

int BindingOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kPipe: return kPipe;
    case TokenKind::kOr: return kOr;
    case TokenKind::kAnd: return kAnd;
    case TokenKind::kEqual:
    case TokenKind::kNotEqual:
    case TokenKind::kLess:
    case TokenKind::kLessOrEqual:
    case TokenKind::kGreater:
    case TokenKind::kGreaterOrEqual: return kComparison;
    case TokenKind::kFlatten: return kFlattening;
    case TokenKind::kFilter: return kFiltering;
    case TokenKind::kDot: return kDot;
    case TokenKind::kLeftBracket: return kBracket;
    default: return kNothing;
  }
}

Comparator ComparatorOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEqual: return Comparator::kEqual;
    case TokenKind::kNotEqual: return Comparator::kNotEqual;
    case TokenKind::kLess: return Comparator::kLess;
    case TokenKind::kLessOrEqual: return Comparator::kLessOrEqual;
    case TokenKind::kGreater: return Comparator::kGreater;
    default: return Comparator::kGreaterOrEqual;
  }
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<NodePtr> Run() {
    VIDIMUS_TRY(NodePtr root, Expression(kNothing));
    if (Peek() != TokenKind::kEnd) return Unexpected("an operator or the end");
    return root;
  }

 private:
  TokenKind Peek(size_t ahead = 0) const { return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead].kind : TokenKind::kEnd; }
  const Token& Here() const { return tokens_[at_]; }
  Token& Take() { return tokens_[at_++]; }
  bool Accept(TokenKind kind) { return Peek() == kind && (++at_, true); }

  tl::unexpected<Error> Unexpected(std::string_view expected) const {
    const std::string found = Peek() == TokenKind::kEnd ? "the end" : "\"" + Shortened(std::string(Here().text), 64) + "\"";
    return Fail(ErrorCode::kMalformed, "jmespath.syntax", At(Here().offset) + "found " + found + ", expected " + std::string(expected));
  }
  Status Expect(TokenKind kind, std::string_view expected) {
    if (!Accept(kind)) return Unexpected(expected);
    return {};
  }
  tl::unexpected<Error> TooDeep(size_t offset) const {
    return Fail(ErrorCode::kLimit, "jmespath.depth",
                At(offset) + "found deeper nesting, expected at most " + std::to_string(limits::kJmesPathDepth) + " levels");
  }

  NodePtr Make(Kind kind) const {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->offset = Here().offset;
    return node;
  }
  // `node` with one more child. Its height is checked, since a chain of comparisons nests to the left without recursion.
  Status Add(Node& node, NodePtr child) const {
    const bool flat = node.kind == Kind::kChain || node.kind == Kind::kOr || node.kind == Kind::kAnd;
    node.height = std::max(node.height, child->height + (flat ? 0 : 1));
    if (node.height > limits::kJmesPathDepth) return TooDeep(node.offset);
    node.children.push_back(std::move(child));
    return {};
  }
  // `left` and then `right` in one node of `kind`, which is the left's own where it is one already.
  Result<NodePtr> Joined(Kind kind, NodePtr left, NodePtr right) const {
    if (kind == Kind::kChain && left->kind == Kind::kCurrent) return right;
    if (kind == Kind::kChain && right->kind == Kind::kCurrent) return left;
    if (left->kind != kind) {
      NodePtr node = Make(kind);
      VIDIMUS_CHECK_OK(Add(*node, std::move(left)));
      left = std::move(node);
    }
    VIDIMUS_CHECK_OK(Add(*left, std::move(right)));
    return left;
  }
  Result<NodePtr> With(NodePtr node, NodePtr child) const {
    VIDIMUS_CHECK_OK(Add(*node, std::move(child)));
    return node;
  }

  Result<NodePtr> Expression(int binding) {
    if (depth_ > limits::kJmesPathDepth) return TooDeep(Here().offset);
    ++depth_;
    VIDIMUS_TRY(NodePtr left, First());
    while (binding < BindingOf(Peek())) {
      VIDIMUS_TRY(left, Next(std::move(left)));
    }
    --depth_;
    return left;
  }

  // An expression that has nothing on its left.
  Result<NodePtr> First() {
    switch (Peek()) {
      case TokenKind::kIdentifier:
        if (Peek(1) == TokenKind::kLeftParenthesis) return Call();
        [[fallthrough]];
      case TokenKind::kQuotedIdentifier: {
        NodePtr node = Make(Kind::kField);
        node->names.push_back(*Take().value.AsString());
        return node;
      }
      case TokenKind::kLiteral: {
        NodePtr node = Make(Kind::kLiteral);
        node->literal = std::move(Take().value);
        return node;
      }
      case TokenKind::kCurrent: {
        NodePtr node = Make(Kind::kCurrent);
        ++at_;
        return node;
      }
      case TokenKind::kStar: {
        NodePtr node = Make(Kind::kProjectValues);
        ++at_;
        return Projection(std::move(node), kStar);
      }
      case TokenKind::kFlatten: return Flatten(Make(Kind::kCurrent));
      case TokenKind::kFilter: return Filter();
      case TokenKind::kLeftBracket:
        if (StandsInBracket()) return Bracket();
        ++at_;
        return SelectList();
      case TokenKind::kLeftBrace: ++at_; return SelectHash();
      case TokenKind::kLeftParenthesis: {
        ++at_;
        VIDIMUS_TRY(NodePtr inner, Expression(kNothing));
        VIDIMUS_CHECK_OK(Expect(TokenKind::kRightParenthesis, ")"));
        return inner;
      }
      case TokenKind::kNot: {
        NodePtr node = Make(Kind::kNot);
        ++at_;
        VIDIMUS_TRY(NodePtr inner, Expression(kNegation));
        return With(std::move(node), std::move(inner));
      }
      default: return Unexpected("an expression");
    }
  }

  // What `left` becomes with the operator that follows it.
  Result<NodePtr> Next(NodePtr left) {
    const TokenKind kind = Peek();
    switch (kind) {
      case TokenKind::kDot: {
        ++at_;
        VIDIMUS_TRY(NodePtr right, AfterDot(kDot));
        return Joined(Kind::kChain, std::move(left), std::move(right));
      }
      case TokenKind::kPipe:
      case TokenKind::kOr:
      case TokenKind::kAnd: {
        ++at_;
        VIDIMUS_TRY(NodePtr right, Expression(BindingOf(kind)));
        const Kind joined = kind == TokenKind::kPipe ? Kind::kChain : kind == TokenKind::kOr ? Kind::kOr : Kind::kAnd;
        return Joined(joined, std::move(left), std::move(right));
      }
      case TokenKind::kFlatten: return Flatten(std::move(left));
      case TokenKind::kFilter: {
        VIDIMUS_TRY(NodePtr right, Filter());
        return Joined(Kind::kChain, std::move(left), std::move(right));
      }
      case TokenKind::kLeftBracket: {
        if (!StandsInBracket()) return NoSpecifier();
        VIDIMUS_TRY(NodePtr right, Bracket());
        return Joined(Kind::kChain, std::move(left), std::move(right));
      }
      default: {
        NodePtr node = Make(Kind::kCompare);
        node->comparator = ComparatorOf(kind);
        ++at_;
        VIDIMUS_CHECK_OK(Add(*node, std::move(left)));
        VIDIMUS_TRY(NodePtr right, Expression(kComparison));
        return With(std::move(node), std::move(right));
      }
    }
  }

  // identifier, *, [a, b], {x: a} or a call.
  Result<NodePtr> AfterDot(int binding) {
    switch (Peek()) {
      case TokenKind::kIdentifier:
      case TokenKind::kQuotedIdentifier:
      case TokenKind::kStar: return Expression(binding);
      case TokenKind::kLeftBracket: ++at_; return SelectList();
      case TokenKind::kLeftBrace: ++at_; return SelectHash();
      default: return Unexpected("an identifier, *, [ or { after the dot");
    }
  }

  // `node` with what follows a projection and is applied to each of its values: what binds more strongly than `binding`.
  Result<NodePtr> Projection(NodePtr node, Binding binding) {
    if (BindingOf(Peek()) <= kFlattening) return With(std::move(node), Make(Kind::kCurrent));
    if (Accept(TokenKind::kDot)) {
      VIDIMUS_TRY(NodePtr right, AfterDot(binding));
      return With(std::move(node), std::move(right));
    }
    VIDIMUS_TRY(NodePtr right, Expression(binding));
    return With(std::move(node), std::move(right));
  }

  Result<NodePtr> Flatten(NodePtr left) {
    NodePtr flatten = Make(Kind::kFlatten);
    NodePtr project = Make(Kind::kProjectList);
    ++at_;
    VIDIMUS_TRY(project, Projection(std::move(project), kFlattening));
    VIDIMUS_TRY(left, Joined(Kind::kChain, std::move(left), std::move(flatten)));
    return Joined(Kind::kChain, std::move(left), std::move(project));
  }

  Result<NodePtr> Filter() {
    NodePtr node = Make(Kind::kFilter);
    ++at_;
    VIDIMUS_TRY(NodePtr condition, Expression(kNothing));
    VIDIMUS_CHECK_OK(Expect(TokenKind::kRightBracket, "]"));
    VIDIMUS_CHECK_OK(Add(*node, std::move(condition)));
    return Projection(std::move(node), kFiltering);
  }

  // Whether this [ begins [0], [1:2] or [*], rather than a selection.
  bool StandsInBracket() const {
    const TokenKind next = Peek(1);
    return next == TokenKind::kNumber || next == TokenKind::kColon || (next == TokenKind::kStar && Peek(2) == TokenKind::kRightBracket);
  }
  // A selection stands after a dot, or where an expression begins; a[*][b, c] is read as a[*].[b, c].
  tl::unexpected<Error> NoSpecifier() {
    ++at_;
    return Unexpected("a number, a slice or *");
  }
  Result<NodePtr> Bracket() {
    NodePtr node = Make(Kind::kIndex);
    ++at_;
    if (Accept(TokenKind::kStar)) {
      ++at_;
      node->kind = Kind::kProjectList;
      return Projection(std::move(node), kStar);
    }
    size_t part = 0;
    if (Peek() == TokenKind::kNumber) node->numbers[0] = *Take().value.AsInt();
    while (part < 2 && Accept(TokenKind::kColon)) {
      node->kind = Kind::kSlice;
      ++part;
      if (Peek() == TokenKind::kNumber) node->numbers[part] = *Take().value.AsInt();
    }
    VIDIMUS_CHECK_OK(Expect(TokenKind::kRightBracket, part == 2 ? "]" : part == 1 ? "a number, : or ]" : ": or ]"));
    if (node->kind == Kind::kIndex) return node;
    VIDIMUS_TRY(NodePtr project, Projection(Make(Kind::kProjectList), kStar));
    return Joined(Kind::kChain, std::move(node), std::move(project));
  }

  Result<NodePtr> SelectList() {
    NodePtr node = Make(Kind::kSelectList);
    do {
      VIDIMUS_TRY(NodePtr child, Expression(kNothing));
      VIDIMUS_CHECK_OK(Add(*node, std::move(child)));
    } while (Accept(TokenKind::kComma));
    VIDIMUS_CHECK_OK(Expect(TokenKind::kRightBracket, ", or ]"));
    return node;
  }

  Result<NodePtr> SelectHash() {
    NodePtr node = Make(Kind::kSelectHash);
    std::map<std::string, size_t> slots;
    do {
      if (Peek() != TokenKind::kIdentifier && Peek() != TokenKind::kQuotedIdentifier) return Unexpected("a name");
      const std::string& name = *Take().value.AsString();
      VIDIMUS_CHECK_OK(Expect(TokenKind::kColon, ":"));
      const auto [slot, added] = slots.emplace(name, node->names.size());
      if (added) node->names.push_back(name);
      node->slots.push_back(slot->second);
      VIDIMUS_TRY(NodePtr child, Expression(kNothing));
      VIDIMUS_CHECK_OK(Add(*node, std::move(child)));
    } while (Accept(TokenKind::kComma));
    VIDIMUS_CHECK_OK(Expect(TokenKind::kRightBrace, ", or }"));
    return node;
  }

  Result<NodePtr> Call() {
    NodePtr node = Make(Kind::kCall);
    const std::string name = *Take().value.AsString();
    node->function = FindFunction(name);
    if (node->function == nullptr)
      return Fail(ErrorCode::kMalformed, "jmespath.function",
                  At(node->offset) + "found \"" + Shortened(name, 64) + "\", expected the name of a function");
    ++at_;
    if (!Accept(TokenKind::kRightParenthesis)) {
      do {
        VIDIMUS_TRY(NodePtr argument, Argument());
        VIDIMUS_CHECK_OK(Add(*node, std::move(argument)));
      } while (Accept(TokenKind::kComma));
      VIDIMUS_CHECK_OK(Expect(TokenKind::kRightParenthesis, ", or )"));
    }
    const size_t count = node->children.size();
    const auto& function = *node->function;
    if (count >= function.least && (function.most == 0 || count <= function.most)) return node;
    return Fail(ErrorCode::kMalformed, "jmespath.arity",
                At(node->offset) + "found " + std::to_string(count) + " arguments of " + name + ", expected " +
                    (function.most == 0 ? "at least " : "") + std::to_string(function.least));
  }

  Result<NodePtr> Argument() {
    if (Peek() != TokenKind::kReference) return Expression(kNothing);
    NodePtr node = Make(Kind::kReference);
    ++at_;
    VIDIMUS_TRY(NodePtr inner, Expression(kNothing));
    return With(std::move(node), std::move(inner));
  }

  std::vector<Token> tokens_;
  size_t at_ = 0;
  size_t depth_ = 0;
};

}  // namespace

Result<std::unique_ptr<Node>> ParseQuery(std::string_view query) {
  VIDIMUS_TRY(std::vector<Token> tokens, Lex(query));
  return Parser(std::move(tokens)).Run();
}

}  // namespace vidimus::jmespath
