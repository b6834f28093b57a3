// MARC-8 to Unicode, in the order of decisions of pymarc's converter.
#include "core/marc8.hpp"

#include <charconv>

#include "core/code_point.hpp"
#include "core/growing_text.hpp"
#include "core/marc8_tables.hpp"
#include "core/nfc.hpp"

namespace rapidmarc {
namespace {

using marc8_tables::east_asian;

constexpr char32_t escape = 0x1B;
constexpr std::uint8_t back_to_latin = 0x73;
constexpr std::size_t east_asian_bytes = 3;

bool is_set(int number) noexcept {
  return number == east_asian || marc8_tables::one_byte_sets[number & 0xFF] != 0;
}

// The cell for `code` in the set `number`; 0 if there is no such set or character.
std::uint32_t cell_of(int number, std::uint64_t code) noexcept {
  if (number == east_asian) {
    if (code > 0xFFFFFF) return 0;
    return marc8_tables::east_asian_character(static_cast<std::uint8_t>(code >> 16),
                                              static_cast<std::uint8_t>(code >> 8),
                                              static_cast<std::uint8_t>(code));
  }
  if (code > 0xFF || number < 0 || number > 0xFF) return 0;
  return marc8_tables::one_byte_cells[marc8_tables::one_byte_sets[number]][code];
}

// Whether `cell` is a character that neither is a mark nor moves others about.
bool is_letter(std::uint32_t cell) noexcept {
  return cell != 0 && (cell & ~marc8_tables::character_bits) == 0;
}

std::uint32_t odd_character(std::uint64_t code) noexcept {
  for (const auto& each : marc8_tables::odd_codes) {
    if (each.code == code) return each.value;
  }
  return 0;
}

// One pass over one value. `Unit` is char for MARC-8, or char32_t for text that is taken as codes.
template <typename Unit>
class Walk {
 public:
  Walk(std::basic_string_view<Unit> value, std::string& out, std::vector<Marc8Note>* notes,
       bool quiet, int& g0, int& g1) noexcept
      : value_(value), out_(out), notes_(notes), quiet_(quiet), g0_(g0), g1_(g1) {}

  /// The first `plain` units are letters of ASCII.
  Marc8Status run(std::size_t plain = 0) {
    if constexpr (is_bytes) text_.put(value_.substr(0, plain));
    position_ = plain;
    while (position_ < value_.size()) {
      if constexpr (is_bytes) {
        if (g0_ == marc8_tables::basic_latin) {
          if (marks_.empty() && cluster_.empty()) {
            latin_run();
          } else {
            plain_run();
          }
          if (position_ == value_.size()) break;
        }
        if (unit(position_) == escape) {
          const AfterEscape next = obey_escape();
          if (next == AfterEscape::anything) continue;
          if (next == AfterEscape::invalid) return Marc8Status::invalid;
        }
      }
      character();
    }
    finish_cluster();
    out_ += text_.view();
    return Marc8Status::ok;  // marks still waiting have no letter and are dropped
  }

 private:
  static constexpr bool is_bytes = sizeof(Unit) == 1;

  enum class AfterEscape : std::uint8_t {
    anything,
    character,  // the next byte is taken as a character even if it is an escape
    invalid,
  };

  std::uint64_t unit(std::size_t position) const noexcept {
    if constexpr (is_bytes) {
      return static_cast<unsigned char>(value_[position]);
    } else {
      return value_[position];
    }
  }

  // Letters of the two Latin sets, each with at most one mark before it, while nothing waits. Stops
  // where anything else is to be done.
  void latin_run() {
    if constexpr (is_bytes) {
      const auto& latin =
          marc8_tables::one_byte_cells[marc8_tables::one_byte_sets[Marc8Decoder::extended_latin]];
      for (;;) {
        position_ += text_.put_plain(value_.substr(position_));
        if (position_ == value_.size() || g1_ != Marc8Decoder::extended_latin) return;
        const std::uint64_t code = unit(position_);
        const std::uint32_t cell = code < 0xA0 ? 0 : latin[code];
        if (is_letter(cell)) {
          text_.put(char32_t{cell});
          ++position_;
          continue;
        }
        if ((cell & marc8_tables::combining) == 0 || position_ + 1 == value_.size()) return;
        const auto letter = static_cast<char32_t>(unit(position_ + 1));
        if (letter < 0x20 || letter > 0x7E) return;
        put_pair(letter, cell & marc8_tables::character_bits);
        position_ += 2;
      }
    }
  }

  void plain_run() {
    if constexpr (is_bytes) {
      const std::size_t length = plain_prefix(value_.substr(position_));
      if (length == 0) return;
      std::size_t copied = 0;
      if (!marks_.empty()) {
        letter(static_cast<std::uint32_t>(unit(position_)));
        copied = 1;
      }
      if (length > copied) {
        finish_cluster();
        text_.put(value_.substr(position_ + copied, length - copied));
      }
      position_ += length;
    }
  }

  AfterEscape obey_escape() {
    const std::size_t left = value_.size() - position_;
    if (left < 2) return AfterEscape::invalid;
    const auto kind = static_cast<char>(unit(position_ + 1));
    if (kind == '(' || kind == ',' || kind == '$') {
      if (left < 3) {
        append(escape);  // kept, so that the damage can be seen
        ++position_;
        return AfterEscape::anything;
      }
      if (kind == '$' && unit(position_ + 2) == ',') {
        if (left < 4) return AfterEscape::invalid;
        ++position_;
      }
      g0_ = static_cast<int>(unit(position_ + 2));
      position_ += 3;
      return AfterEscape::anything;
    }
    if (kind == ')' || kind == '-') {
      if (left < 3) return AfterEscape::invalid;
      g1_ = static_cast<int>(unit(position_ + 2));
      position_ += 3;
      return AfterEscape::anything;
    }
    const auto number = static_cast<int>(unit(position_ + 1));
    if (is_set(number)) {
      g0_ = number;
      position_ += 2;
      // The east Asian set makes do with too few bytes, even with none.
      return left == 2 && number != east_asian ? AfterEscape::invalid : AfterEscape::character;
    }
    if (number == back_to_latin) {
      g0_ = marc8_tables::basic_latin;
      position_ += 2;
      return left == 2 ? AfterEscape::anything : AfterEscape::character;
    }
    return AfterEscape::character;
  }

  // Reads a character of one byte or three with the sets in force.
  void character() {
    const bool three_bytes = g0_ == east_asian;
    std::uint64_t code = 0;
    if (!three_bytes) {
      code = unit(position_++);
    } else {
      const std::size_t end = position_ + east_asian_bytes;
      if (end > value_.size()) {
        note({Marc8Note::Kind::multi_byte_exceeds, end, value_.size()});
        code = ' ';
      } else {
        code = unit(position_) * 0x10000 + unit(position_ + 1) * 0x100 + unit(position_ + 2);
      }
      position_ = end;
    }
    if (code < 0x20 || (code > 0x80 && code < 0xA0)) return;
    const std::uint32_t cell = cell_of(three_bytes || code <= 0x80 ? g0_ : g1_, code);
    if (is_letter(cell) && marks_.empty() && cluster_.empty()) {
      text_.put(char32_t{cell});
      return;
    }
    if ((cell & marc8_tables::combining) != 0) {
      marks_.push_back(cell & marc8_tables::character_bits);
    } else if (cell != 0) {
      letter(cell);
    } else if (const std::uint32_t odd = odd_character(code)) {
      append(odd);  // marks go on waiting
    } else {
      if (!quiet_) note({Marc8Note::Kind::unparsable, 0, code, g0_, g1_});
      letter(' ');
    }
  }

  // Appends a letter with the marks that stood before it.
  void letter(std::uint32_t cell) {
    const char32_t base = cell & marc8_tables::character_bits;
    if ((cell & marc8_tables::reordered) != 0) {
      if (cluster_.empty()) take_back_cluster();
      cluster_ += base;
    } else if (marks_.empty()) {
      append(base);
    } else if (marks_.size() == 1 && base < 0x80) {
      finish_cluster();
      put_pair(base, marks_.front());
      marks_.clear();
    } else {
      finish_cluster();
      cluster_ = base;
    }
    if (!marks_.empty()) {
      cluster_ += marks_;
      marks_.clear();
    }
  }

  void put_pair(char32_t letter, char32_t mark) {
    if (const char32_t composed = compose(letter, mark)) {
      text_.put(composed);
    } else {
      text_.put(letter);
      text_.put(mark);
    }
  }

  void append(char32_t character) {
    finish_cluster();
    text_.put(character);
  }

  void finish_cluster() {
    if (!cluster_.empty()) normalise_cluster();
  }

  void normalise_cluster() {
    normalise(cluster_);
    for (const char32_t each : cluster_) text_.put(each);
    cluster_.clear();
  }

  // Moves the last letter of the output and its marks to `cluster_`: another mark follows, and
  // normalisation may put it before them.
  void take_back_cluster() {
    const std::string_view text = text_.view();
    std::size_t begin = text.size();
    while (begin > 0) {
      --begin;
      if ((static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) continue;
      if (combining_class(read_utf8(text, begin).value) == 0) break;
    }
    for (std::size_t i = begin; i < text.size();) {
      const CodePoint each = read_utf8(text, i);
      cluster_.push_back(each.value);
      i += each.length;
    }
    text_.cut_off(begin);
  }

  void note(const Marc8Note& each) {
    if (notes_ != nullptr) notes_->push_back(each);
  }

  std::basic_string_view<Unit> value_;
  std::string& out_;
  GrowingText text_;
  std::vector<Marc8Note>* notes_;
  bool quiet_;
  int& g0_;
  int& g1_;
  std::size_t position_ = 0;
  std::u32string marks_;    // waiting for their letter
  std::u32string cluster_;  // a letter and its marks at the end of the output, not yet in NFC
};

void append_number(std::string& out, std::uint64_t number, int base = 10) {
  char digits[24];
  const auto result = std::to_chars(digits, digits + sizeof digits, number, base);
  out.append(digits, static_cast<std::size_t>(result.ptr - digits));
}

}  // namespace

Marc8Status Marc8Decoder::translate(std::string_view marc8, std::string& out,
                                    std::vector<Marc8Note>* notes, bool quiet) {
  const std::size_t plain = g0_ == basic_latin ? plain_prefix(marc8) : 0;
  if (plain == marc8.size()) {
    out += marc8;
    return Marc8Status::ok;
  }
  return Walk<char>(marc8, out, notes, quiet, g0_, g1_).run(plain);
}

Marc8Status Marc8Decoder::translate(std::u32string_view text, std::string& out,
                                    std::vector<Marc8Note>* notes, bool quiet) {
  return Walk<char32_t>(text, out, notes, quiet, g0_, g1_).run();
}

bool marc8_is_plain(std::string_view value) noexcept { return plain_prefix(value) == value.size(); }

std::string to_text(const Marc8Note& note) {
  std::string text;
  if (note.kind == Marc8Note::Kind::multi_byte_exceeds) {
    text = "Multi-byte position ";
    append_number(text, note.position);
    text += " exceeds length of marc8 string ";
    append_number(text, note.length_or_code);
  } else {
    text = "Unable to parse character 0x";
    append_number(text, note.length_or_code, 16);
    text += " in g0=" + std::to_string(note.g0) + " g1=" + std::to_string(note.g1);
  }
  text += '\n';
  return text;
}

}  // namespace rapidmarc
