#include "core/escape.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "core/code_point.hpp"

namespace rapidmarc {
namespace {

using ByteSet = std::array<bool, 256>;

constexpr ByteSet json_plain = [] {
  ByteSet plain{};
  for (std::size_t c = ' '; c <= '~'; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

constexpr ByteSet xml_plain(bool ascii_only, bool attribute) {
  ByteSet plain{};
  for (std::size_t c = 0; c < plain.size(); ++c) plain[c] = !ascii_only || c < 0x80;
  plain['&'] = plain['<'] = plain['>'] = false;
  if (attribute) plain['"'] = plain['\t'] = plain['\n'] = plain['\r'] = false;
  return plain;
}

constexpr ByteSet ascii_text = xml_plain(true, false);
constexpr ByteSet utf8_text = xml_plain(false, false);
constexpr ByteSet ascii_attribute = xml_plain(true, true);
constexpr ByteSet utf8_attribute = xml_plain(false, true);

/// Whether one of eight bytes is `character` (exact for the first that is, which is enough here).
constexpr std::uint64_t has(std::uint64_t bytes, char character) noexcept {
  const std::uint64_t differing =
      bytes ^ (0x0101010101010101U * static_cast<unsigned char>(character));
  return (differing - 0x0101010101010101U) & ~differing & 0x8080808080808080U;
}

/// How many bytes from `at` on JSON takes as they are; eight at a time, as most text is.
std::size_t json_plain_run(std::string_view text, std::size_t at) noexcept {
  const std::size_t start = at;
  std::uint64_t bytes = 0;
  for (; at + sizeof bytes <= text.size(); at += sizeof bytes) {
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    const std::uint64_t control = (bytes - 0x2020202020202020U) & ~bytes;
    const std::uint64_t special =
        bytes | control | has(bytes, '"') | has(bytes, '\\') | has(bytes, '\x7F');
    if ((special & 0x8080808080808080U) != 0) break;
  }
  while (at < text.size() && json_plain[static_cast<unsigned char>(text[at])]) ++at;
  return at - start;
}

std::size_t plain_run(std::string_view text, std::size_t at, const ByteSet& plain) noexcept {
  const std::size_t start = at;
  while (at < text.size() && plain[static_cast<unsigned char>(text[at])]) ++at;
  return at - start;
}

/// Copies what is plain; for the first byte of anything else asks `escape`, which appends and
/// returns how many bytes it has dealt with, 0 to give up.
template <typename Run, typename Escape>
bool append_escaped(std::string& out, std::string_view text, Run plain_run_at, Escape escape) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t run = at + plain_run_at(at);
    out.append(text, at, run - at);
    if (run == text.size()) return true;
    const std::size_t taken = escape(run);
    if (taken == 0) return false;
    at = run + taken;
  }
  return true;
}

void append_json_unit(std::string& out, char32_t unit) {
  constexpr char digits[] = "0123456789abcdef";
  const char escaped[] = {'\\',
                          'u',
                          digits[unit >> 12 & 0xF],
                          digits[unit >> 8 & 0xF],
                          digits[unit >> 4 & 0xF],
                          digits[unit & 0xF]};
  out.append(escaped, sizeof escaped);
}

void append_json_escape(std::string& out, char32_t character) {
  switch (character) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (character >= 0x10000) {
    append_json_unit(out, 0xD800 + ((character - 0x10000) >> 10));
    append_json_unit(out, 0xDC00 + ((character - 0x10000) & 0x3FF));
  } else {
    append_json_unit(out, character);
  }
}

bool append_xml(std::string& out, std::string_view utf8, const ByteSet& plain) {
  const auto run = [&](std::size_t at) { return plain_run(utf8, at, plain); };
  return append_escaped(out, utf8, run, [&](std::size_t at) -> std::size_t {
    switch (utf8[at]) {
      case '&': out += "&amp;"; return 1;
      case '<': out += "&lt;"; return 1;
      case '>': out += "&gt;"; return 1;
      case '"': out += "&quot;"; return 1;
      case '\t':
      case '\n':
      case '\r': return 0;
      default: break;
    }
    const CodePoint character = read_utf8(utf8, at);
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                   static_cast<std::uint32_t>(character.value));
    out += "&#";
    out.append(digits.data(), end.ptr);
    out.push_back(';');
    return character.length;
  });
}

}  // namespace

void append_json_string(std::string& out, std::string_view utf8) {
  out.push_back('"');
  const auto run = [utf8](std::size_t at) { return json_plain_run(utf8, at); };
  append_escaped(out, utf8, run, [&](std::size_t at) {
    const CodePoint character = read_utf8(utf8, at);
    append_json_escape(out, character.value);
    return character.length;
  });
  out.push_back('"');
}

void append_xml_text(std::string& out, std::string_view utf8, bool ascii_only) {
  append_xml(out, utf8, ascii_only ? ascii_text : utf8_text);
}

bool append_xml_attribute(std::string& out, std::string_view utf8, bool ascii_only) {
  return append_xml(out, utf8, ascii_only ? ascii_attribute : utf8_attribute);
}

}  // namespace rapidmarc
