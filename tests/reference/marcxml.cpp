#include "reference/marcxml.hpp"

#include <expat.h>

#include <map>
#include <memory>

namespace rapidmarc::reference {
namespace {

class Handler {
 public:
  static void start(void* self, const char* name, const char** attributes) {
    static_cast<Handler*>(self)->started(name, attributes);
  }
  static void end(void* self, const char* name) { static_cast<Handler*>(self)->ended(name); }
  static void characters(void* self, const char* text, int length) {
    static_cast<Handler*>(self)->text_.append(text, static_cast<std::size_t>(length));
  }

  XmlReading reading;

 private:
  /// The name without the namespace that the parser puts before it.
  static std::string_view local(std::string_view name) { return name.substr(name.find(' ') + 1); }

  void started(std::string_view name, const char** attributes) {
    std::map<std::string, std::string> given{{"ind1", " "}, {"ind2", " "}};
    for (; *attributes != nullptr; attributes += 2) given[attributes[0]] = attributes[1];
    text_.clear();
    name = local(name);
    if (name == "controlfield") {
      reading.fields.push_back({given["tag"], true, {}});
    } else if (name == "datafield") {
      reading.fields.push_back({given["tag"], false, given["ind1"] + given["ind2"]});
    } else if (name == "subfield") {
      reading.fields.back().data += '\x1F' + given["code"];
    }
  }

  void ended(std::string_view name) {
    name = local(name);
    if (name == "leader") reading.leader = text_;
    if (name == "controlfield" || name == "subfield") reading.fields.back().data += text_;
    text_.clear();
  }

  std::string text_;
};

}  // namespace

std::optional<XmlReading> read_xml_record(std::string_view text, std::string_view prefix) {
  std::string document = "<collection xmlns";
  if (!prefix.empty()) document.append(":").append(prefix.substr(0, prefix.size() - 1));
  document.append("=\"http://www.loc.gov/MARC21/slim\">").append(text).append("</collection>");
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreateNS("UTF-8", ' '), &XML_ParserFree);
  Handler handler;
  XML_SetUserData(parser.get(), &handler);
  XML_SetElementHandler(parser.get(), &Handler::start, &Handler::end);
  XML_SetCharacterDataHandler(parser.get(), &Handler::characters);
  const auto status =
      XML_Parse(parser.get(), document.data(), static_cast<int>(document.size()), XML_TRUE);
  if (status != XML_STATUS_OK) return std::nullopt;
  return handler.reading;
}

}  // namespace rapidmarc::reference
