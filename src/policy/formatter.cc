#include "policy/formatter.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "policy/lexer.h"

namespace vidimus {
namespace {

constexpr size_t kColumns = 100;
constexpr size_t kRuleIndent = 2;
constexpr size_t kActionIndent = 4;
constexpr size_t kRestIndent = 6;  // of what follows a comment within a condition or an action

struct Comment {
  std::string_view text;
  bool ends_line;  // code stands before it on its line
  bool blank_before;
};

// A token with the comments between it and the one before.
struct Piece {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  bool blank_before = false;
  std::vector<Comment> comments;

  bool Is(std::string_view punctuation) const { return kind == TokenKind::kPunctuation && text == punctuation; }
};

// CR, LF and CRLF each end a line.
size_t LineEnds(std::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) ++count;
  return count;
}

std::string Lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string_view WithoutBlanksAtEnd(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t");
  return text.substr(0, last + 1);
}

size_t Characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::vector<Piece> PiecesOf(std::string_view text, const std::vector<Token>& tokens, const std::vector<Span>& comments) {
  std::vector<Piece> out;
  size_t end = 0;  // of what came before, be it a token or a comment
  auto comment = comments.begin();
  for (const Token& token : tokens) {
    Piece piece{token.kind, std::string(text.substr(token.span.begin, token.span.end - token.span.begin)), false, {}};
    for (; comment != comments.end() && comment->begin < token.span.begin; ++comment) {
      const size_t breaks = LineEnds(text.substr(end, comment->begin - end));
      const std::string_view written = text.substr(comment->begin, comment->end - comment->begin);
      piece.comments.push_back({WithoutBlanksAtEnd(written), breaks == 0 && !out.empty(), breaks > 1});
      end = comment->end;
    }
    piece.blank_before = LineEnds(text.substr(end, token.span.begin - end)) > 1;
    end = token.span.end;
    out.push_back(std::move(piece));
  }
  return out;
}

// Moves comments behind the tokens that close what they speak of, so that `a // why` before `&& b` gives `a && // why`.
void MoveComments(std::vector<Piece>& pieces) {
  bool in_version = true;
  for (size_t i = 1; i + 1 < pieces.size(); ++i) {
    std::vector<Comment>& comments = pieces[i].comments;
    bool moves = in_version;
    for (const std::string_view mark : {",", ";", "&&", "{"}) moves = moves || pieces[i].Is(mark);
    for (const std::string_view mark : {"]", ")"}) moves = moves || (pieces[i].Is(mark) && comments.size() == 1 && comments[0].ends_line);
    if (moves) {
      std::vector<Comment>& next = pieces[i + 1].comments;
      next.insert(next.begin(), comments.begin(), comments.end());
      comments.clear();
    }
    in_version = in_version && !pieces[i].Is(";");
  }
  // Only one can stand on the line of the code; the others follow.
  for (Piece& piece : pieces)
    for (size_t i = 1; i < piece.comments.size(); ++i) piece.comments[i].ends_line = false;
}

class Formatter {
 public:
  explicit Formatter(const std::vector<Piece>& pieces) : pieces_(pieces) {}

  std::string Run() {
    Blank blank = Blank::kNone;
    while (at_ + 1 < pieces_.size()) {
      blank = WriteComments(pieces_[at_], 0, blank);
      NewLine(0, blank, pieces_[at_].blank_before);
      WriteStatement();
      blank = Blank::kOne;
    }
    WriteComments(pieces_.back(), 0, blank);
    out_ += '\n';
    return std::move(out_);
  }

 private:
  enum class Blank { kNone, kAsWritten, kOne };

  // The version or a section.
  void WriteStatement() {
    out_ += Lower(pieces_[at_++].text);
    for (; at_ + 1 < pieces_.size(); ++at_) {
      if (pieces_[at_].Is("{")) {
        out_ += " {";
        ++at_;
        return WriteRules();
      }
      out_ += pieces_[at_].text;
      if (pieces_[at_].Is(";")) {
        ++at_;
        return;
      }
    }
  }

  void WriteRules() {
    for (Blank blank = Blank::kNone; at_ + 1 < pieces_.size(); blank = Blank::kAsWritten) {
      blank = WriteComments(pieces_[at_], kRuleIndent, blank);
      if (pieces_[at_].Is("}")) {
        NewLine(0, Blank::kNone, false);
        out_ += "};";
        at_ += 2;
        return;
      }
      NewLine(kRuleIndent, blank, pieces_[at_].blank_before);
      WriteRule();
    }
  }

  void WriteRule() {
    const size_t begin = at_;
    size_t end = begin;  // one past its ';'
    while (end + 1 < pieces_.size() && !pieces_[end].Is(";")) ++end;
    end = std::min(end + 1, pieces_.size() - 1);
    const bool broken = !FitsOnOneLine(begin, end);
    out_ += pieces_[begin].text;
    for (at_ = begin + 1; at_ < end; ++at_) {
      const Piece& piece = pieces_[at_];
      const bool condition = pieces_[at_ - 1].Is("&&");
      const bool action = piece.Is("=>");
      const size_t indent = condition ? kRuleIndent : action ? kActionIndent : kRestIndent;
      for (const Comment& comment : piece.comments) WriteComment(comment, indent, Blank::kNone);
      if (!piece.comments.empty() || (broken && (condition || action))) {
        NewLine(indent, Blank::kNone, false);
      } else if (HasBlankBefore(at_)) {
        out_ += ' ';
      }
      out_ += piece.text;
    }
  }

  bool FitsOnOneLine(size_t begin, size_t end) const {
    size_t columns = kRuleIndent + Characters(pieces_[begin].text);
    for (size_t i = begin + 1; i < end; ++i) {
      if (!pieces_[i].comments.empty()) return false;
      columns += (HasBlankBefore(i) ? 1 : 0) + Characters(pieces_[i].text);
    }
    return columns <= kColumns;
  }

  bool HasBlankBefore(size_t at) const {
    for (const std::string_view mark : {"=>", "&&"})
      if (pieces_[at].Is(mark) || pieces_[at - 1].Is(mark)) return true;
    return pieces_[at - 1].Is(",");
  }

  // What stands between the last of them and the piece.
  Blank WriteComments(const Piece& piece, size_t indent, Blank blank) {
    for (const Comment& comment : piece.comments) {
      WriteComment(comment, indent, blank);
      if (!comment.ends_line) blank = Blank::kAsWritten;
    }
    return blank;
  }

  void WriteComment(const Comment& comment, size_t indent, Blank blank) {
    if (comment.ends_line) {
      out_ += ' ';
    } else {
      NewLine(indent, blank, comment.blank_before);
    }
    out_ += comment.text;
  }

  void NewLine(size_t indent, Blank blank, bool written) {
    if (!out_.empty()) out_ += blank == Blank::kOne || (blank == Blank::kAsWritten && written) ? "\n\n" : "\n";
    out_.append(indent, ' ');
  }

  const std::vector<Piece>& pieces_;
  size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string FormatPolicy(std::string_view text, const PolicySyntax& syntax) {
  Diagnostics diagnostics;
  const std::optional<Tokens> tokens = LexPolicy(text, diagnostics);
  if (!tokens) return std::string(text);
  std::vector<Piece> pieces = PiecesOf(text, tokens->tokens, syntax.comments);
  MoveComments(pieces);
  return Formatter(pieces).Run();
}

}  // namespace vidimus
