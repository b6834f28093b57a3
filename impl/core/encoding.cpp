#include "core/encoding.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/format.hpp"
#include "core/utf8.hpp"

namespace rapidmarc {
namespace {

/// What stands behind an escape in MARC-8: the sets, and the ways to Greek, sub- and superscripts
/// and back (MARC 21 specifications, character sets, technique 1 and 2).
constexpr std::string_view behind_escape = "(,)-$gbps";

bool holds_escapes(std::string_view text) noexcept {
  std::size_t at = 0;
  while ((at = text.find(escape, at)) != std::string_view::npos) {
    ++at;
    if (at < text.size() && behind_escape.find(text[at]) != std::string_view::npos) return true;
  }
  return false;
}

/// Whether extended Latin (ANSEL), which MARC-8 begins with, has no character for `byte`.
bool is_missing_in_ansel(unsigned char byte) noexcept {
  if (byte < 0xA0)
    return byte >= 0x80 && byte != 0x88 && byte != 0x89 && byte != 0x8D && byte != 0x8E;
  return byte == 0xA0 || byte == 0xAF || byte == 0xBB || byte == 0xBE || byte == 0xBF ||
         (byte > 0xC8 && byte < 0xE0) || byte == 0xFC || byte == 0xFD || byte == 0xFF;
}

constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_open_vowel(char c) noexcept {
  return std::string_view("aeouAEOU").find(c) != std::string_view::npos;
}

constexpr unsigned char first_mark = 0xE0;

/// The letters on which the marks of ANSEL (0xE0 to 0xFE) are usual, by mark. Other marks may come
/// between, and so may the letters of ANSEL.
constexpr std::array<std::string_view, 31> usual_letters = {
    "aeiouyAEIOUY",              // E0 hook above
    "aeiouwAEIOU",               // E1 grave
    "aeiouycnszlrAEIOUYCNSZL",   // E2 acute
    "aeiouwycghjsAEIOUWYCGHJS",  // E3 circumflex
    "aeiounyAEIOUNY",            // E4 tilde
    "aeiouyAEIOUY",              // E5 macron
    "aeioughAEIOUGH",            // E6 breve
    "zegcmnrZEGCIMNR",           // E7 dot above
    "aeiouyAEIOUY",              // E8 diaeresis
    "cszrnedtlgCSZRNEDTLG",      // E9 caron
    "auwyAU",                    // EA ring
    "iteuosdzITEUOSDZ",          // EB, EC ligature of Cyrillic romanised
    "aiuoeAIUOE",
    "tkpchTKPCH",                        // ED high comma off centre
    "ouOU",                              // EE double acute
    "aeiouAEIOU",                        // EF candrabindu
    "cstgklnredCSTGKLNRED",              // F0 cedilla
    "aeiuAEIU",                          // F1 ogonek
    "aeiouydhlmnrstzkAEIOUYDHLMNRSTZK",  // F2 dot below
    "aeiouAEIOU",                        // F3 double dot below
    "lrmnLRMN",                          // F4 circle below
    "",                                  // F5 double underscore
    "dhklnrtzDHKLNRTZ",                  // F6 underscore
    "stST",                              // F7 left hook, comma below
    "",                                  // F8 right cedilla
    "hH",                                // F9 half circle below
    "ngNG",                              // FA, FB double tilde
    "ngNG",
    "",  // FC, FD: none
    "",
    "",  // FE high comma centred
};

}  // namespace

Encoding claimed_encoding(std::string_view leader) noexcept {
  return leader[coding_scheme_position] == 'a' ? Encoding::utf8 : Encoding::marc8;
}

Encoding guess_encoding(std::string_view text, Encoding claimed) noexcept {
  const bool is_ascii_only = std::all_of(text.begin(), text.end(), is_ascii);
  if (!is_ascii_only && is_valid_utf8(text)) return Encoding::utf8;
  if (holds_escapes(text)) return Encoding::marc8;
  if (is_ascii_only) return claimed;
  std::ptrdiff_t for_marc8 = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) continue;
    if (is_missing_in_ansel(byte)) return Encoding::latin1;
    if (byte < first_mark) continue;
    const char next = at + 1 < text.size() ? text[at + 1] : ' ';
    if (!is_ascii(next)) continue;
    // 0xF1 between vowels is Spanish in Latin-1; before an ogonek other vowels than i are rare.
    const bool is_spanish = byte == 0xF1 && at > 0 && is_open_vowel(text[at - 1]);
    const bool is_usual =
        !is_spanish && usual_letters[byte - first_mark].find(next) != std::string_view::npos;
    for_marc8 += is_usual ? 1 : (is_letter(next) ? -1 : -3);
  }
  return for_marc8 >= 0 ? Encoding::marc8 : Encoding::latin1;
}

Encoding encoding_of(std::string_view record) noexcept {
  if (record.size() < leader_length) return guess_encoding(record, Encoding::marc8);
  return guess_encoding(record.substr(leader_length), claimed_encoding(record));
}

std::string_view name_of(Encoding encoding) noexcept {
  switch (encoding) {
    case Encoding::unknown: return "";
    case Encoding::utf8: return "utf-8";
    case Encoding::marc8: return "marc-8";
    case Encoding::latin1: return "latin-1";
  }
  return "";
}

}  // namespace rapidmarc
