// Unicode to MARC-8: the code tables read backwards, escapes to the set of each character, marks
// before their letter; and the numeric references that stand for characters MARC-8 does not have.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <span>
#include <tuple>
#include <utility>

#include "core/code_point.hpp"
#include "core/format.hpp"
#include "core/marc8.hpp"
#include "core/marc8_tables.hpp"
#include "core/nfc.hpp"
#include "core/utf8.hpp"

namespace rapidmarc {
namespace {

using marc8_tables::ansel;
using marc8_tables::basic_latin;
using marc8_tables::east_asian;

constexpr std::uint8_t greek_symbols = 0x67;
constexpr std::uint8_t subscripts = 0x62;
constexpr std::uint8_t superscripts = 0x70;

// Where several sets have a character, the first of these that has it is taken.
constexpr std::uint8_t preference[] = {basic_latin, ansel,        0x4E,          0x51,
                                       0x53,        0x32,         0x33,          0x34,
                                       subscripts,  superscripts, greek_symbols, east_asian};

struct Code {
  char32_t character;
  std::uint32_t code;
  std::uint8_t set;
  bool combining;
  std::uint32_t rank = 0;  // among the codes of one character, the lowest is preferred
};

bool is_high(const Code& code) noexcept { return code.code >= 0x80 && code.set != east_asian; }

void add_one_byte_set(std::uint8_t set, std::vector<Code>& codes) {
  const auto& cells = marc8_tables::one_byte_cells[marc8_tables::one_byte_sets[set]];
  for (std::uint32_t code = 0; code < 256; ++code) {
    const char32_t character = cells[code] & marc8_tables::character_bits;
    // Controls vanish when they are decoded, and would break a record before that.
    if (character < 0x20) continue;
    codes.push_back({character, code, set, (cells[code] & marc8_tables::combining) != 0});
  }
}

void add_east_asian_set(std::vector<Code>& codes) {
  // Codes that the decoder reads as something else than the Library of Congress has for them come
  // last, with either character: they are for those that no other code has.
  std::vector<Code> disputed;
  for (const auto& each : marc8_tables::lc_values) {
    disputed.push_back({each.value, each.code, east_asian, false});
  }
  const auto is_disputed = [](std::uint32_t code) {
    return std::ranges::any_of(marc8_tables::lc_values,
                               [code](const auto& each) { return each.code == code; });
  };
  marc8_tables::for_each_east_asian([&](std::uint32_t code, char32_t character) {
    (is_disputed(code) ? disputed : codes).push_back({character, code, east_asian, false});
  });
  codes.insert(codes.end(), disputed.begin(), disputed.end());
}

// All codes by character; those of one character in the order of preference.
std::vector<Code> build_codes() {
  std::vector<Code> codes;
  for (const std::uint8_t set : preference) {
    if (set != east_asian) add_one_byte_set(set, codes);
  }
  add_east_asian_set(codes);
  for (std::uint32_t rank = 0; Code & each : codes) each.rank = rank++;
  std::ranges::sort(codes, [](const Code& left, const Code& right) {
    return std::tie(left.character, left.rank) < std::tie(right.character, right.rank);
  });
  return codes;
}

std::span<const Code> codes_of(char32_t character) {
  static const std::vector<Code> codes = build_codes();
  const auto found = std::ranges::equal_range(codes, character, {}, &Code::character);
  return {found.begin(), found.end()};
}

bool is_mark(char32_t character) {
  const auto codes = codes_of(character);
  return !codes.empty() && codes.front().combining;
}

// Marks over two letters; MARC-8 has them in halves, one before each letter.
struct DoubleMark {
  char32_t whole;
  char32_t first_half;
  char32_t second_half;
};
constexpr DoubleMark double_marks[] = {{0x361, 0xFE20, 0xFE21}, {0x360, 0xFE22, 0xFE23}};

class Encoder {
 public:
  Encoder(std::string_view text, std::string& out, Marc8Unmappable unmappable)
      : text_(text), out_(out), start_(out.size()), unmappable_(unmappable) {}

  std::optional<Marc8EncodeError> run() {
    while (position_ < text_.size()) {
      if (ascii_character()) continue;
      read_segment();
      if (!segment()) {
        out_.resize(start_);
        return Marc8EncodeError{Marc8EncodeError::Kind::unmappable, place_of(failed_), failed_};
      }
    }
    // The high set first: right after the escape that ends subscripts some decoders see no escape.
    designate_high(ansel);
    designate_low(basic_latin);
    return std::nullopt;
  }

 private:
  // The common case: a printable ASCII character with nothing that might join it.
  bool ascii_character() {
    const auto printable = [](char c) { return c >= 0x20 && c < 0x7F; };
    if (low_ != basic_latin || second_half_ != 0 || !printable(text_[position_])) return false;
    if (position_ + 1 < text_.size() && (text_[position_ + 1] & 0x80) != 0) return false;
    out_ += text_[position_++];
    return true;
  }

  // The next character and all that might join it.
  void read_segment() {
    segment_start_ = position_;
    segment_.clear();
    while (position_ < text_.size()) {
      const CodePoint each = read_utf8(text_, position_);
      if (!segment_.empty() && !joins_previous(each.value)) break;
      segment_ += each.value;
      position_ += each.length;
    }
    normalise(segment_);
  }

  // Encodes the segment: letters (one, but for oddities), each with the marks that follow it.
  bool segment() {
    char32_t second_half = std::exchange(second_half_, 0);
    std::size_t i = 0;
    while (i < segment_.size()) {
      const char32_t letter = segment_[i++];
      const bool has_code = resolve(letter);
      if (second_half != 0) marks_ += std::exchange(second_half, 0);
      while (i < segment_.size() && add_mark(segment_[i], has_code)) ++i;
      if (has_code) {
        std::ranges::for_each(marks_, [this](char32_t each) { put(each); });
        put(base_);
      } else if (!refer(letter)) {
        return false;
      }
    }
    return true;
  }

  // Finds the letter that has a code within `letter`, and its marks: `base_` and `marks_`.
  bool resolve(char32_t letter) {
    marks_.clear();
    while (codes_of(letter).empty()) {
      const auto parts = decompose(letter);
      if (!parts || (parts->second != 0 && !is_mark(parts->second))) {
        marks_.clear();
        return false;
      }
      if (parts->second != 0) marks_.insert(marks_.begin(), parts->second);
      letter = parts->first;
    }
    base_ = letter;
    if (!is_mark(letter)) return true;
    marks_.clear();  // without a letter, a mark would go to the one that follows
    return false;
  }

  bool add_mark(char32_t mark, bool has_base) {
    for (const DoubleMark& each : double_marks) {
      if (mark == each.whole && position_ < text_.size()) {
        marks_ += each.first_half;
        second_half_ = each.second_half;
        return true;
      }
    }
    if (is_mark(mark)) {
      marks_ += mark;
      return true;
    }
    // A mark may have no code but with its letter, and other marks may have come between the two.
    const char32_t joined = has_base ? compose(base_, mark) : 0;
    if (joined == 0 || codes_of(joined).empty()) return false;
    if (!marks_.empty() && combining_class(marks_.back()) >= combining_class(mark)) return false;
    base_ = joined;
    return true;
  }

  // Writes numeric references for `letter` and, as marks cannot precede a reference, `marks_`.
  bool refer(char32_t letter) {
    if (unmappable_ == Marc8Unmappable::error) {
      failed_ = letter;
      return false;
    }
    designate_low(basic_latin);
    append_numeric_reference(letter, out_);
    for (const char32_t mark : marks_) append_numeric_reference(mark, out_);
    return true;
  }

  // Writes the code of a character that has one, preferably in a set in force.
  void put(char32_t character) {
    const auto codes = codes_of(character);
    const auto in_force = std::ranges::find_if(
        codes, [this](const Code& each) { return each.set == (is_high(each) ? high_ : low_); });
    const Code& code = in_force != codes.end() ? *in_force : codes.front();
    if (is_high(code)) {
      // Within the East Asian set every byte belongs to a code of three.
      if (low_ == east_asian) designate_low(basic_latin);
      designate_high(code.set);
    } else {
      designate_low(code.set);
    }
    if (code.set == east_asian) {
      out_ += static_cast<char>(code.code >> 16);
      out_ += static_cast<char>(code.code >> 8 & 0xFF);
    }
    out_ += static_cast<char>(code.code & 0xFF);
  }

  void designate_high(std::uint8_t set) {
    if (high_ == set) return;
    out_ += {escape, ')', static_cast<char>(set)};
    high_ = set;
  }

  void designate_low(std::uint8_t set) {
    if (low_ == set) return;
    if (is_technique_1(set)) {
      out_ += {escape, static_cast<char>(set)};
    } else if (is_technique_1(low_) && set == basic_latin) {
      out_ += {escape, 's'};
    } else {
      out_ += {escape, set == east_asian ? '$' : '(', static_cast<char>(set)};
    }
    low_ = set;
  }

  // Sets that have an escape sequence of their own instead of the general ones.
  static bool is_technique_1(std::uint8_t set) noexcept {
    return set == greek_symbols || set == subscripts || set == superscripts;
  }

  // Where `character` stands in the text; normalisation may have made it of what stands there.
  std::size_t place_of(char32_t character) const noexcept {
    for (std::size_t i = segment_start_; i < position_;) {
      const CodePoint each = read_utf8(text_, i);
      if (each.value == character) return i;
      i += each.length;
    }
    return segment_start_;
  }

  std::string_view text_;
  std::string& out_;
  std::size_t start_;
  Marc8Unmappable unmappable_;
  std::size_t position_ = 0;
  std::size_t segment_start_ = 0;
  std::u32string segment_;
  char32_t base_ = 0;
  std::u32string marks_;      // of `base_`, in the order of the text
  char32_t second_half_ = 0;  // of a double mark, for the letter to come
  char32_t failed_ = 0;
  std::uint8_t low_ = basic_latin;
  std::uint8_t high_ = ansel;
};

// Length of the longest start of `text` that is valid UTF-8.
std::size_t valid_prefix(std::string_view text) noexcept {
  std::size_t valid = 0;
  std::size_t length = 1;
  while (valid + length <= text.size() && length <= 4) {
    if (is_valid_utf8(text.substr(valid, length))) {
      valid += length;
      length = 1;
    } else {
      ++length;
    }
  }
  return valid;
}

}  // namespace

std::optional<Marc8EncodeError> marc8_encode(std::string_view utf8, std::string& out,
                                             Marc8Unmappable unmappable) {
  if (marc8_is_plain(utf8)) {
    out += utf8;
    return std::nullopt;
  }
  if (!is_valid_utf8(utf8)) {
    return Marc8EncodeError{Marc8EncodeError::Kind::invalid_utf8, valid_prefix(utf8), 0};
  }
  return Encoder(utf8, out, unmappable).run();
}

void append_numeric_reference(char32_t character, std::string& out) {
  char digits[8];
  const auto end =
      std::to_chars(digits, std::end(digits), static_cast<std::uint32_t>(character), 16).ptr;
  std::transform(digits, end, digits,
                 [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  const auto length = static_cast<std::size_t>(end - digits);
  out += "&#x";
  out.append(length < 4 ? 4 - length : 0, '0').append(digits, length);
  out += ';';
}

void expand_numeric_references(std::string_view utf8, std::string& out) {
  constexpr std::string_view opening = "&#x";
  constexpr std::size_t most_digits = 6;
  while (true) {
    const std::size_t place = utf8.find(opening);
    if (place == std::string_view::npos) break;
    const char* const first = utf8.data() + place + opening.size();
    const char* const last = utf8.data() + utf8.size();
    std::uint32_t number = 0;
    const auto [end, error] =
        std::from_chars(first, std::min(last, first + most_digits), number, 16);
    const bool scalar = number <= 0x10FFFF && (number < 0xD800 || number > 0xDFFF);
    const bool control = number < 0x20 || (number >= 0x7F && number < 0xA0);
    if (error == std::errc{} && end != last && *end == ';' && scalar && !control) {
      out += utf8.substr(0, place);
      append_utf8(out, number);
      utf8.remove_prefix(static_cast<std::size_t>(end + 1 - utf8.data()));
    } else {
      out += utf8.substr(0, place + opening.size());
      utf8.remove_prefix(place + opening.size());
    }
  }
  out += utf8;
}

}  // namespace rapidmarc
