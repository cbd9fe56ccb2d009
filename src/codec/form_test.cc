// Forms as RFC 6749 appendix B has them.
#include "codec/form.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace vidimus {
namespace {

std::string_view WhereOf(const std::string& text) {
  const auto form = ParseForm(text);
  return form ? "accepted" : form.error().where;
}

TEST(Form, DecodesNamesAndValues) {
  EXPECT_EQ(ParseForm("a=b&c+d=%65%2bf+g&%C3%A9=&h&=i&&a=j&k=l=m").value(),
            (FormFields{{"a", "b"}, {"c d", "e+f g"}, {"\xC3\xA9", ""}, {"h", ""}, {"", "i"}, {"a", "j"}, {"k", "l=m"}}));
  EXPECT_TRUE(ParseForm("").value().empty());
}

TEST(Form, DecodesTheExampleOfRfc6749AppendixB) {
  EXPECT_EQ(DecodeFormText("+%25%26%2B%C2%A3%E2%82%AC").value(), " %&+\xC2\xA3\xE2\x82\xAC");
}

// RFC 3986 section 2.3: the unreserved characters stand for themselves.
TEST(Form, EncodesAllButUnreservedCharactersAndReadsItsOwnEncoding) {
  EXPECT_EQ(EncodeFormText("azAZ09-._~"), "azAZ09-._~");
  EXPECT_EQ(EncodeFormText(" +&=/%\r\n\xC2\xA3"), "%20%2B%26%3D%2F%25%0D%0A%C2%A3");
  const FormFields fields{{"scope", "https://host/.default"}, {"client_secret", "a+b&c=d %\xC2\xA3"}, {"empty", ""}};
  EXPECT_EQ(ParseForm(WriteForm(fields)).value(), fields);
}

TEST(Form, RefusesBrokenEscapes) {
  for (const char* text : {"a=%", "a=%4", "a=%zz", "%4g=a", "a=%+1", "a=%00", "a=%ff", "a=%ed%a0%80"})
    EXPECT_EQ(WhereOf(text), "form.encoding") << text;
}

TEST(Form, HasLimits) {
  EXPECT_EQ(WhereOf(std::string(limits::kFormBytes, 'a')), "accepted");
  EXPECT_EQ(WhereOf(std::string(limits::kFormBytes + 1, 'a')), "form.size");
  std::string fields;
  for (size_t i = 0; i < limits::kFormFields; ++i) fields += "a=b&";
  EXPECT_EQ(WhereOf(fields), "accepted");
  EXPECT_EQ(WhereOf(fields + "a=b"), "form.fields");
}

}  // namespace
}  // namespace vidimus
