// MARC-8 to Unicode, in the order of decisions of pymarc's converter.
#include "core/marc8.hpp"

#include <bit>
#include <charconv>
#include <cstring>

#include "core/code_point.hpp"
#include "core/marc8_tables.hpp"
#include "core/nfc.hpp"

namespace rapidmarc {
namespace {

using marc8_tables::east_asian;

constexpr char32_t escape = 0x1B;
constexpr std::uint8_t back_to_latin = 0x73;
constexpr std::size_t east_asian_bytes = 3;

// How many bytes at the start of `text` are printable ASCII.
std::size_t plain_prefix(std::string_view text) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  const char* const data = text.data();
  std::size_t i = 0;
  if constexpr (std::endian::native == std::endian::little) {
    for (; i + 8 <= text.size(); i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, data + i, 8);
      // The top bit of a byte is set if it is above 7E or below 20. Carries and borrows go upwards
      // only, so the lowest such byte is told correctly.
      const std::uint64_t odd = (word | (word + ones) | (word - 0x20 * ones)) & (0x80 * ones);
      if (odd != 0) return i + static_cast<std::size_t>(std::countr_zero(odd)) / 8;
    }
  }
  while (i < text.size() && static_cast<unsigned char>(data[i] - 0x20) <= 0x7E - 0x20) ++i;
  return i;
}

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
      : value_(value),
        out_(out),
        start_(out.size()),
        notes_(notes),
        quiet_(quiet),
        g0_(g0),
        g1_(g1) {}

  Marc8Status run() {
    while (position_ < value_.size()) {
      if constexpr (is_bytes) {
        if (g0_ == marc8_tables::basic_latin) {
          plain_run();
          if (position_ == value_.size()) break;
        }
        if (unit(position_) == escape) {
          const AfterEscape next = obey_escape();
          if (next == AfterEscape::anything) continue;
          if (next == AfterEscape::invalid) {
            out_.resize(start_);
            return Marc8Status::invalid;
          }
        }
      }
      character();
    }
    finish_cluster();
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
        out_.append(value_.data() + position_ + copied, length - copied);
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
      if (const char32_t composed = compose(base, marks_.front())) {
        append(composed);
      } else {
        append(base);
        append(marks_.front());
      }
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

  void append(char32_t character) {
    finish_cluster();
    append_utf8(out_, character);
  }

  void finish_cluster() {
    if (cluster_.empty()) return;
    normalise(cluster_);
    for (const char32_t each : cluster_) append_utf8(out_, each);
    cluster_.clear();
  }

  // Moves the last letter of the output and its marks to `cluster_`: another mark follows, and
  // normalisation may put it before them.
  void take_back_cluster() {
    std::size_t begin = out_.size();
    while (begin > start_) {
      --begin;
      if ((static_cast<unsigned char>(out_[begin]) & 0xC0) == 0x80) continue;
      if (combining_class(read_utf8(out_, begin).value) == 0) break;
    }
    for (std::size_t i = begin; i < out_.size();) {
      const CodePoint each = read_utf8(out_, i);
      cluster_.push_back(each.value);
      i += each.length;
    }
    out_.resize(begin);
  }

  void note(const Marc8Note& each) {
    if (notes_ != nullptr) notes_->push_back(each);
  }

  std::basic_string_view<Unit> value_;
  std::string& out_;
  std::size_t start_;
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
  return Walk<char>(marc8, out, notes, quiet, g0_, g1_).run();
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
