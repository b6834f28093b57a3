// Forms of text that a reader may ask for, and fields on their way to MARC-8.
#include <catch2/catch.hpp>
#include <string>

#include "core/marc8.hpp"
#include "core/text_form.hpp"

namespace rapidmarc {
namespace {

std::string in_form(NormalForm normal_form, bool expand, const std::string& value) {
  std::string text = "before " + value;
  put_into({normal_form, expand}, text, 7);
  return text;
}

TEST_CASE("a value is put into the form asked for, and nothing before it") {
  const std::string composed = "\u00E9 \u1EAD \uD55C";
  const std::string decomposed = "e\u0301 a\u0323\u0302 \u1112\u1161\u11AB";
  CHECK(in_form(NormalForm::as_it_is, false, decomposed) == "before " + decomposed);
  CHECK(in_form(NormalForm::nfc, false, decomposed) == "before " + composed);
  CHECK(in_form(NormalForm::nfc, false, composed) == "before " + composed);
  CHECK(in_form(NormalForm::nfd, false, composed) == "before " + decomposed);
  CHECK(in_form(NormalForm::nfd, false, "plain") == "before plain");
}

TEST_CASE("references are expanded before the text is normalised") {
  CHECK(in_form(NormalForm::as_it_is, true, "e&#x0301; &#x1F;") == "before e\u0301 &#x1F;");
  CHECK(in_form(NormalForm::nfc, true, "e&#x0301;") == "before \u00E9");
  CHECK(in_form(NormalForm::nfd, true, "&#x00E9;") == "before e\u0301");
  CHECK(in_form(NormalForm::nfd, false, "&#x00E9;") == "before &#x00E9;");
}

TEST_CASE("text that cannot change is known without a look at each character") {
  CHECK_FALSE(may_change("&#x41; \u00E9", false, {}));
  CHECK_FALSE(may_change("plain", true, {NormalForm::nfd, true}));
  CHECK(may_change("\u00E9", false, {NormalForm::nfc, false}));
  CHECK(may_change("&#x41;", true, {NormalForm::as_it_is, true}));
}

struct Encoded {
  std::string bytes;
  bool failed;
  Marc8FieldError error;
};

Encoded encoded(const std::string& field, bool is_control, Marc8Unmappable unmappable) {
  std::string bytes = "kept";
  const auto error = marc8_encode_field(field, is_control, bytes, unmappable);
  return {bytes, error.has_value(), error.value_or(Marc8FieldError{})};
}

TEST_CASE("each value of a field goes to MARC-8 on its own") {
  const auto found = encoded(
      "10\x1F"
      "a\u0301"
      "\x1F"
      "bCO\u2082"
      "\x1F\x1E",
      false, Marc8Unmappable::numeric_reference);
  // A mark right behind a code has no letter: it must not get before the code.
  CHECK(found.bytes ==
        "kept10\x1F"
        "a&#x0301;\x1F"
        "bCO\x1B"
        "b2\x1Bs\x1F\x1E");
  CHECK_FALSE(found.failed);
}

TEST_CASE("what MARC-8 cannot express is named with its place, and nothing is written") {
  const auto value = encoded(
      "10\x1F"
      "ax\u4E2D\U0001F600\x1E",
      false, Marc8Unmappable::error);
  CHECK(value.bytes == "kept");
  REQUIRE(value.failed);
  CHECK(value.error.code_point == U'\U0001F600');
  CHECK(value.error.subfield_code == 'a');
  CHECK(value.error.referable);

  const auto control = encoded("\u00E9\x1E", true, Marc8Unmappable::error);
  REQUIRE(control.failed);
  CHECK(control.error.code_point == 0xE9);
  CHECK(encoded("\u00E9\x1E", true, Marc8Unmappable::numeric_reference).bytes ==
        "kept&#x00E9;\x1E");

  for (const std::string field : {"1\u00E9\x1F"
                                  "ax\x1E",
                                  "10\x1F\u00E9x\x1E"}) {
    const auto odd = encoded(field, false, Marc8Unmappable::numeric_reference);
    CHECK(odd.bytes == "kept");
    REQUIRE(odd.failed);
    CHECK(odd.error.code_point == 0xE9);
    CHECK_FALSE(odd.error.referable);
  }

  const auto broken = encoded(
      "10\x1F"
      "a\xFF\x1E",
      false, Marc8Unmappable::numeric_reference);
  REQUIRE(broken.failed);
  CHECK(broken.error.code_point == 0);
}

}  // namespace
}  // namespace rapidmarc
