// The fast road through MARCXML, and text for JSON and XML.
#include <catch2/catch.hpp>
#include <string>

#include "core/escape.hpp"
#include "core/marcxml.hpp"

namespace rapidmarc {
namespace {

const std::string leader = "00475cas a2200169 i 4500";

struct Scan {
  XmlScan result;
  std::size_t position;
  XmlRecord record;
};

Scan scan(std::string_view text, std::string_view start_tag = "<record>",
          std::string_view prefix = "") {
  Scan made{XmlScan::odd, 0, {}};
  made.result = scan_xml_record(text, made.position, start_tag, prefix, made.record);
  return made;
}

std::string field(std::string_view body) {
  return "<record><datafield tag=\"245\" ind1=\"1\" ind2=\"0\">" + std::string(body) +
         "</datafield></record>";
}

TEST_CASE("a plain record becomes leader, entries and the fields' data") {
  const std::string text =
      " \n<record><leader>" + leader +
      "</leader><controlfield tag='001'>a&amp;b</controlfield>"
      "<datafield tag=\"245\" ind1=\"1\"><subfield code=\"a\">&#xE9;</subfield>"
      "<subfield code=\"b\"/></datafield></record><x/>";
  const Scan made = scan(text);
  REQUIRE(made.result == XmlScan::record);
  CHECK(text.substr(made.position) == "<x/>");
  CHECK(made.record.content == leader + "a&b" + "1 \x1F" + "a\xC3\xA9\x1F" + "b");
  CHECK_FALSE(made.record.ascii);
  REQUIRE(made.record.entries.size() == 2);
  CHECK(made.record.entries[0].tag_text() == "001");
  CHECK(made.record.entries[0].control);
  CHECK(made.record.entries[1].offset == 27);
  CHECK(made.record.entries[1].length == made.record.content.size() - 27);
}

TEST_CASE("a prefix is that of all elements") {
  const std::string text = "<m:record><m:leader>" + leader + "</m:leader></m:record>";
  CHECK(scan(text, "<m:record>", "m:").result == XmlScan::record);
  CHECK(scan("<m:record><leader>" + leader + "</leader></m:record>", "<m:record>", "m:").result ==
        XmlScan::odd);
}

TEST_CASE("a record that is not there to its end is incomplete, at whatever byte it stops") {
  const std::string text = field("<subfield code=\"a\">x</subfield>");
  for (std::size_t size = 0; size < text.size(); ++size) {
    const Scan made = scan(std::string_view(text).substr(0, size));
    CHECK(made.result == XmlScan::incomplete);
    CHECK(made.position == 0);
  }
}

TEST_CASE("what the road does not take is odd, and the position stays") {
  const auto* const body = GENERATE(
      "<!---->", "text", "<subfield>x</subfield>", "<subfield code=\"\">x</subfield>",
      "<subfield code=\"ab\">x</subfield>", "<subfield code=\"a\" code=\"a\">x</subfield>",
      "<subfield code=a>x</subfield>", "<subfield code=\"a\">&eacute;</subfield>",
      "<subfield code=\"a\">&#0;</subfield>", "<subfield code=\"a\">&#xD800;</subfield>",
      "<subfield code=\"a\">]]></subfield>", "<subfield code=\"a\">\x1F</subfield>",
      "<subfield code=\"a\">\xFF</subfield>", "<subfield code=\"a\">\xEF\xBF\xBF</subfield>",
      "<subfield code=\"a\"><x/></subfield>", "<subfield code=\"a\">x</subfeld>");
  const Scan made = scan(field(body));
  CHECK(made.result == XmlScan::odd);
  CHECK(made.position == 0);
}

TEST_CASE("JSON strings are ASCII") {
  std::string out;
  append_json_string(out,
                     "plain text that is long, \"\\/\b\f\n\r\t\x01\x7F \xC3\xA9\xF0\x9F\x98\x80");
  CHECK(
      out ==
      "\"plain text that is long, \\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f \\u00e9\\ud83d\\ude00\"");
}

TEST_CASE("XML text is escaped as far as it must be") {
  std::string out;
  append_xml_text(out, "<a> & \"\t\xC3\xA9", true);
  CHECK(out == "&lt;a&gt; &amp; \"\t&#233;");
  out.clear();
  CHECK(append_xml_attribute(out, "\"<\xC3\xA9", false));
  CHECK(out == "&quot;&lt;\xC3\xA9");
  CHECK_FALSE(append_xml_attribute(out, "\n", false));
}

}  // namespace
}  // namespace rapidmarc
