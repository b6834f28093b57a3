#include "core/dialect.hpp"

#include <algorithm>
#include <optional>

#include "core/code_point.hpp"
#include "core/directory.hpp"
#include "core/format.hpp"
#include "core/nfc.hpp"
#include "core/unimarc_tables.hpp"
#include "core/utf8.hpp"

namespace rapidmarc {
namespace {

namespace tables = unimarc_tables;

constexpr std::size_t sets_position = 26;  // in field 100 $a
constexpr std::size_t first_without_table =
    6;  // of the codes of sets; 50 stands for all of Unicode
constexpr std::size_t last_code = 11;
constexpr char32_t replacement = 0xFFFD;
constexpr std::uint8_t begin_not_sorted = 0x88;  // ISO 6630
constexpr std::uint8_t end_not_sorted = 0x89;
constexpr std::uint8_t shift_out = 0x0E;
constexpr std::uint8_t shift_in = 0x0F;
constexpr std::uint8_t single_shift_two = 0x8E;
constexpr std::uint8_t single_shift_three = 0x8F;

/// The set behind a code of two digits in field 100; nothing where there are blanks, or what is no
/// code of a set: some files have other data in this field.
std::optional<std::uint8_t> set_of_code(std::string_view code) noexcept {
  if (code == "01") return tables::latin;
  if (code == "02") return tables::cyrillic;
  if (code == "03") return tables::extended_latin;
  if (code == "04") return tables::extended_cyrillic;
  if (code == "05") return tables::greek;
  const auto digits = parse_digits(code);
  return digits && *digits >= first_without_table && *digits <= last_code
             ? std::optional(tables::unknown)
             : std::nullopt;
}

/// The set behind the final byte of an escape sequence (the registry of ISO 2022).
std::uint8_t set_of_final(char byte) noexcept {
  switch (byte) {
    case 0x40:
    case 0x42: return tables::latin;
    case 0x4E: return tables::cyrillic;
    case 0x50: return tables::extended_latin;
    case 0x51: return tables::extended_cyrillic;
    case 0x53: return tables::greek;
    default: return tables::unknown;
  }
}

/// One pass over one value.
class Walk {
 public:
  Walk(const UnimarcSets& sets, std::vector<Marc8Note>* notes) : g_(sets.g), notes_(notes) {}

  std::u32string run(std::string_view value) {
    for (std::size_t at = 0; at < value.size();) {
      const auto byte = static_cast<unsigned char>(value[at]);
      if (byte == static_cast<unsigned char>(escape)) {
        at += std::max<std::size_t>(1, obey(value.substr(at + 1)) + 1);
      } else {
        take(byte);
        ++at;
      }
    }
    text_ += marks_;  // without a letter, they are kept all the same
    return std::move(text_);
  }

 private:
  /// Obeys an escape sequence; the bytes of it behind the escape, 0 for one that is not known.
  std::size_t obey(std::string_view behind) {
    if (behind.empty()) return 0;
    switch (behind[0]) {
      case 'n': lower_ = 2; return 1;
      case 'o': lower_ = 3; return 1;
      case '~': upper_ = 1; return 1;
      case '}': upper_ = 2; return 1;
      case '|': upper_ = 3; return 1;
      case 'N': single_ = 2; return 1;
      case 'O': single_ = 3; return 1;
      default: break;
    }
    constexpr std::string_view designating = "()*+,-./";
    const std::size_t place = designating.find(behind[0]);
    if (place == std::string_view::npos || behind.size() < 2) return 0;
    g_[place % 4] = set_of_final(behind[1]);
    return 2;
  }

  void take(unsigned char byte) {
    switch (byte) {
      case begin_not_sorted: return letter(0x98);
      case end_not_sorted: return letter(0x9C);
      case shift_out: lower_ = 1; return;
      case shift_in: lower_ = 0; return;
      case single_shift_two: single_ = 2; return;
      case single_shift_three: single_ = 3; return;
      case ' ': return letter(' ');
      default: break;
    }
    const unsigned code = byte & 0x7FU;
    if (code < 0x20 || byte == 0x7F) return;
    const std::size_t place = single_ != 0 ? single_ : (byte < 0x80 ? lower_ : upper_);
    single_ = 0;
    const std::uint32_t cell = tables::cells[g_[place]][code - 0x20];
    if (cell == 0) {
      if (notes_ != nullptr)
        notes_->push_back({Marc8Note::Kind::unparsable, 0, byte, g_[lower_], g_[upper_]});
      letter(replacement);
    } else if ((cell & tables::combining) != 0) {
      marks_ += static_cast<char32_t>(cell & tables::character_bits);
    } else {
      letter(cell);
    }
  }

  void letter(char32_t character) {
    text_ += character;
    text_ += marks_;
    marks_.clear();
  }

  std::array<std::uint8_t, 4> g_;
  std::vector<Marc8Note>* notes_;
  std::size_t lower_ = 0;   // which of the four is in force for codes below 80
  std::size_t upper_ = 1;   // and above
  std::size_t single_ = 0;  // for the next code only; 0: none
  std::u32string text_;
  std::u32string marks_;  // waiting for their letter
};

}  // namespace

UnimarcSets unimarc_sets(std::string_view record) noexcept {
  UnimarcSets sets{{tables::latin, tables::extended_latin, tables::unknown, tables::unknown}};
  const std::string_view field = find_field(record, "100").value_or(std::string_view());
  const std::size_t subfield = field.find(
      "\x1F"
      "a");
  if (subfield == std::string_view::npos) return sets;
  std::string_view codes = field.substr(subfield + 2);
  if (codes.size() < sets_position + 4) return sets;
  codes = codes.substr(sets_position, 8);
  sets.utf8 = codes.starts_with("50");
  for (std::size_t i = 0; i < 4 && 2 * i + 2 <= codes.size(); ++i) {
    if (const auto set = set_of_code(codes.substr(2 * i, 2))) sets.g[i] = *set;
  }
  return sets;
}

bool is_utf8_in(Dialect dialect, std::string_view record) noexcept {
  const std::string_view text = record.substr(std::min(leader_length, record.size()));
  if (!std::all_of(text.begin(), text.end(), is_ascii) && is_valid_utf8(text)) return true;
  return dialect == Dialect::unimarc && unimarc_sets(record).utf8;
}

void append_unimarc(std::string_view value, const UnimarcSets& sets, std::string& out,
                    std::vector<Marc8Note>* notes) {
  std::u32string text = Walk(sets, notes).run(value);
  normalise(text);
  for (const char32_t each : text) append_utf8(out, each);
}

}  // namespace rapidmarc
