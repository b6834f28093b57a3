#include "reference/marc8.hpp"

#include <map>
#include <utility>

#include "core/marc8_tables.hpp"
#include "reference/text.hpp"

namespace rapidmarc::reference {
namespace {

using marc8_tables::east_asian;

constexpr char32_t escape = 0x1B;

struct Character {
  char32_t value;
  bool mark;
};

// All characters by set and code.
using Sets = std::map<int, std::map<std::uint64_t, Character>>;

Sets make_sets() {
  Sets sets;
  for (int number = 0; number < 256; ++number) {
    if (marc8_tables::one_byte_sets[number] == 0) continue;
    const auto& cells = marc8_tables::one_byte_cells[marc8_tables::one_byte_sets[number]];
    for (std::uint64_t code = 0; code < 256; ++code) {
      if (cells[code] == 0) continue;
      sets[number][code] = {cells[code] & marc8_tables::character_bits,
                            (cells[code] & marc8_tables::combining) != 0};
    }
  }
  marc8_tables::for_each_east_asian([&sets](std::uint32_t code, char32_t character) {
    sets[east_asian][code] = {character, false};
  });
  return sets;
}

const Sets& all_sets() {
  static const Sets sets = make_sets();
  return sets;
}

class Walk {
 public:
  Walk(std::u32string_view codes, bool quiet, int g0, int g1) : codes_(codes), quiet_(quiet) {
    reading_.g0 = g0;
    reading_.g1 = g1;
  }

  Marc8Reading read(bool escapes) {
    while (place_ < codes_.size() && reading_.valid) {
      const bool done = escapes && codes_[place_] == escape && obey();
      if (!done && reading_.valid) character();
    }
    if (reading_.valid) reading_.text = to_utf8(to_nfc(letters_));
    return std::move(reading_);
  }

 private:
  /// The code `offset` places on; what ends before it is spoilt.
  char32_t code(std::size_t offset) {
    if (place_ + offset < codes_.size()) return codes_[place_ + offset];
    reading_.valid = false;
    return 0;
  }

  /// Obeys an escape sequence. False: a character is due right now.
  bool obey() {
    const char32_t kind = code(1);
    if (!reading_.valid) return true;
    if (kind == '(' || kind == ',' || kind == '$') {
      if (place_ + 3 > codes_.size()) {
        letters_ += escape;
        ++place_;
        return true;
      }
      const bool long_form = kind == '$' && code(2) == ',';
      const char32_t number = code(long_form ? 3 : 2);
      if (!reading_.valid) return true;
      reading_.g0 = static_cast<int>(number);
      place_ += long_form ? 4 : 3;
      return true;
    }
    if (kind == ')' || kind == '-') {
      const char32_t number = code(2);
      if (!reading_.valid) return true;
      reading_.g1 = static_cast<int>(number);
      place_ += 3;
      return true;
    }
    if (all_sets().contains(static_cast<int>(kind))) {
      reading_.g0 = static_cast<int>(kind);
      place_ += 2;
    } else if (kind == 's') {
      reading_.g0 = Marc8Decoder::basic_latin;
      place_ += 2;
      return place_ == codes_.size();
    }
    return false;
  }

  void character() {
    const bool wide = reading_.g0 == east_asian;
    const std::uint64_t number = wide ? three() : code(0);
    if (!reading_.valid) return;
    place_ += wide ? 3 : 1;
    if (number < 0x20 || (number > 0x80 && number < 0xA0)) return;
    const int set = number > 0x80 && !wide ? reading_.g1 : reading_.g0;
    Character known{' ', false};
    const auto found = all_sets().find(set);
    if (found != all_sets().end() && found->second.contains(number)) {
      known = found->second.at(number);
    } else {
      for (const auto& each : marc8_tables::odd_codes) {
        if (each.code != number) continue;
        letters_ += each.value;
        return;
      }
      if (!quiet_) {
        reading_.notes.push_back(
            {Marc8Note::Kind::unparsable, 0, number, reading_.g0, reading_.g1});
      }
    }
    if (known.mark) {
      marks_ += known.value;
    } else {
      letters_ += known.value;
      letters_ += std::exchange(marks_, {});
    }
  }

  std::uint64_t three() {
    const std::size_t end = place_ + 3;
    if (end > codes_.size()) {
      reading_.notes.push_back({Marc8Note::Kind::multi_byte_exceeds, end, codes_.size()});
      return ' ';
    }
    std::uint64_t number = 0;
    for (std::size_t i = place_; i < end; ++i) number = number * 0x100 + codes_[i];
    return number;
  }

  std::u32string_view codes_;
  bool quiet_;
  std::size_t place_ = 0;
  std::u32string letters_;
  std::u32string marks_;  // waiting for their letter
  Marc8Reading reading_;
};

}  // namespace

Marc8Reading read_marc8(std::u32string_view codes, bool escapes, bool quiet, int g0, int g1) {
  return Walk(codes, quiet, g0, g1).read(escapes);
}

Marc8Reading read_marc8(std::string_view bytes, bool quiet) {
  std::u32string codes;
  for (const char each : bytes) codes += static_cast<unsigned char>(each);
  return read_marc8(codes, true, quiet);
}

}  // namespace rapidmarc::reference
