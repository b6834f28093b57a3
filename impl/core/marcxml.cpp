#include "core/marcxml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "core/code_point.hpp"
#include "core/format.hpp"
#include "core/utf8.hpp"

namespace rapidmarc {
namespace {

constexpr std::string_view default_leader = "          22        4500";

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Bytes at which copying text or an attribute's value has to stop and look.
enum Stop : std::uint8_t { in_text = 1, in_attribute = 2 };
constexpr auto stops = [] {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = in_text | in_attribute;
  table['\t'] = table['\n'] = in_attribute;
  table['<'] = table['&'] = in_text | in_attribute;
  table[']'] = in_text;
  table['"'] = table['\''] = in_attribute;
  table[0xEF] = in_text | in_attribute;  // U+FFFE and U+FFFF are no characters of XML
  return table;
}();

/// The letters and digits that `text` starts with: enough for the names of MARCXML.
std::string_view leading_name(std::string_view text) noexcept {
  const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c); };
  std::size_t size = 0;
  while (size < text.size() && is_name(text[size])) ++size;
  return text.substr(0, size);
}

constexpr bool is_xml_character(char32_t c) noexcept {
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xD800) ||
         (c >= 0xE000 && c < 0xFFFE) || (c >= 0x10000 && c <= 0x10FFFF);
}

/// The character that `name` (between & and ;) stands for in every document.
std::optional<char32_t> reference(std::string_view name) noexcept {
  constexpr std::pair<std::string_view, char32_t> named[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [known, character] : named) {
    if (name == known) return character;
  }
  if (name.empty() || name[0] != '#') return std::nullopt;
  name.remove_prefix(1);
  const bool hexadecimal = !name.empty() && name[0] == 'x';
  if (hexadecimal) name.remove_prefix(1);
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), value, hexadecimal ? 16 : 10);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  if (!whole || !is_xml_character(value)) return std::nullopt;
  return value;
}

/// The attributes that MARCXML has; those not given are null.
struct Attributes {
  std::optional<std::string> tag, ind1, ind2, code;

  std::optional<std::string>* place(std::string_view name) noexcept {
    if (name == "tag") return &tag;
    if (name == "ind1") return &ind1;
    if (name == "ind2") return &ind2;
    return name == "code" ? &code : nullptr;
  }
};

// Every function answers false for what this road does not take.
class Scanner {
 public:
  Scanner(std::string_view text, std::string_view prefix, XmlRecord& record) noexcept
      : rest_(text), prefix_(prefix), record_(record) {}

  bool record() {
    record_.content.assign(default_leader);
    record_.entries.clear();
    for (skip_blanks(); !rest_.empty(); skip_blanks()) {
      std::string_view name;
      if (!open(name)) return false;
      const bool known = name == "datafield"      ? data_field()
                         : name == "controlfield" ? control_field()
                         : name == "leader"       ? leader()
                                                  : false;
      if (!known) return false;
    }
    record_.ascii = scan_text(record_.content).ascii;
    return true;
  }

 private:
  void skip_blanks() noexcept {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  bool take(std::string_view expected) noexcept {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  bool open(std::string_view& name) noexcept {
    if (!take("<") || !take(prefix_)) return false;
    name = leading_name(rest_);
    rest_.remove_prefix(name.size());
    return true;
  }

  bool close(std::string_view name) noexcept {
    return take("</") && take(prefix_) && take(name) && take(">");
  }

  /// The rest of a start tag; `empty`: it is an end tag as well.
  bool attributes(Attributes& found, bool& empty) {
    while (true) {
      const bool apart = !rest_.empty() && is_blank(rest_.front());
      skip_blanks();
      empty = take("/>");
      if (empty || take(">")) return true;
      const std::string_view name = leading_name(rest_);
      std::optional<std::string>* const place = found.place(name);
      if (!apart || place == nullptr || place->has_value()) return false;
      rest_.remove_prefix(name.size());
      if (!take("=") || rest_.empty() || (rest_.front() != '"' && rest_.front() != '\''))
        return false;
      const char quote = rest_.front();
      rest_.remove_prefix(1);
      if (!characters(place->emplace(), in_attribute, quote)) return false;
      rest_.remove_prefix(1);
    }
  }

  /// Appends characters up to `end`, a quotation mark or the start of the next tag.
  bool characters(std::string& out, Stop where, char end) {
    std::size_t at = 0;  // what lies before is in `out`
    std::size_t run = 0;
    while (true) {
      while (run < rest_.size() && (stops[static_cast<unsigned char>(rest_[run])] & where) == 0)
        ++run;
      if (run == rest_.size()) return false;
      const std::string_view here = rest_.substr(run);
      if (here.front() == end) {
        out.append(rest_, at, run - at);
        rest_.remove_prefix(run);
        return true;
      }
      if (here.front() == '&') {
        const std::size_t semicolon = std::min(here.find(';'), here.size());
        const auto character = reference(here.substr(1, semicolon - 1));
        if (semicolon == here.size() || !character) return false;
        out.append(rest_, at, run - at);
        append_utf8(out, *character);
        run += semicolon + 1;
        at = run;
        continue;
      }
      const bool harmless = here.front() == '"' || here.front() == '\'' ||
                            (here.front() == ']' && !here.starts_with("]]>")) ||
                            (here.front() == '\xEF' && !here.starts_with("\xEF\xBF\xBE") &&
                             !here.starts_with("\xEF\xBF\xBF"));
      if (!harmless) return false;
      ++run;
    }
  }

  /// The text of an element without others in it, and its end.
  bool content(bool empty, std::string_view name, std::string& out) {
    return empty || (characters(out, in_text, '<') && close(name));
  }

  bool leader() {
    Attributes none;
    bool empty = false;
    std::string text;
    if (!attributes(none, empty) || none.tag || none.ind1 || none.ind2 || none.code) return false;
    if (!content(empty, "leader", text)) return false;
    if (text.size() != leader_length || !std::all_of(text.begin(), text.end(), is_ascii))
      return false;
    record_.content.replace(0, leader_length, text);
    return true;
  }

  bool start_field(const Attributes& given, bool control) {
    const auto& tag = given.tag;
    if (!tag || given.code || tag->size() != 3 || is_control_tag(tag->data()) != control)
      return false;
    if (!std::all_of(tag->begin(), tag->end(), is_ascii)) return false;
    Entry entry{{(*tag)[0], (*tag)[1], (*tag)[2]}, control, 0, 0};
    entry.offset = static_cast<std::uint32_t>(record_.content.size());
    record_.entries.push_back(entry);
    return true;
  }

  void end_field() noexcept {
    Entry& entry = record_.entries.back();
    entry.length = static_cast<std::uint32_t>(record_.content.size()) - entry.offset;
  }

  bool control_field() {
    Attributes given;
    bool empty = false;
    if (!attributes(given, empty) || given.ind1 || given.ind2 || !start_field(given, true))
      return false;
    if (!content(empty, "controlfield", record_.content)) return false;
    end_field();
    return true;
  }

  bool indicator(const std::optional<std::string>& given) {
    if (given && (given->size() != 1 || !is_ascii(given->front()))) return false;
    record_.content.push_back(given ? given->front() : ' ');
    return true;
  }

  bool data_field() {
    Attributes given;
    bool empty = false;
    if (!attributes(given, empty) || !start_field(given, false)) return false;
    if (!indicator(given.ind1) || !indicator(given.ind2)) return false;
    if (!empty) {
      for (skip_blanks(); !rest_.starts_with("</"); skip_blanks()) {
        if (!subfield()) return false;
      }
      if (!close("datafield")) return false;
    }
    end_field();
    return true;
  }

  bool subfield() {
    std::string_view name;
    Attributes given;
    bool empty = false;
    if (!open(name) || name != "subfield" || !attributes(given, empty)) return false;
    const auto& code = given.code;
    if (given.tag || given.ind1 || given.ind2 || !code || code->size() != 1 ||
        !is_ascii(code->front()))
      return false;
    record_.content.push_back(subfield_delimiter);
    record_.content.push_back(code->front());
    return content(empty, "subfield", record_.content);
  }

  std::string_view rest_;
  std::string_view prefix_;
  XmlRecord& record_;
};

}  // namespace

XmlScan scan_xml_record(std::string_view text, std::size_t& position, std::string_view start_tag,
                        std::string_view prefix, XmlRecord& record) {
  std::size_t start = position;
  while (start < text.size() && is_blank(text[start])) ++start;
  const std::string_view here = text.substr(start);
  if (here.size() < start_tag.size()) return XmlScan::incomplete;
  if (!here.starts_with(start_tag)) return XmlScan::odd;
  const std::string end_tag = "</" + std::string(prefix) + "record>";
  const std::size_t end = here.find(end_tag, start_tag.size());
  if (end == std::string_view::npos) return XmlScan::incomplete;
  const std::string_view inside = here.substr(start_tag.size(), end - start_tag.size());
  if (!is_valid_utf8(inside) || !Scanner(inside, prefix, record).record()) return XmlScan::odd;
  position = start + end + end_tag.size();
  return XmlScan::record;
}

}  // namespace rapidmarc
