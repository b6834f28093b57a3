// Dialects of ISO 2709: formats that share MARC 21's structure and write their text in other
// character sets.
//
// UNIMARC (UNIMARC Manual, field 100 $a, positions 26-33) names up to four sets for each record,
// which ISO 2022 puts in force: G0 in the lower half of the codes and G1 in the upper one to begin
// with, G2 and G3 on demand. Many systems write UTF-8 without saying so there; but text in which
// the marks of ISO 5426 precede their letters is never valid UTF-8, so what is valid is believed to
// be UTF-8.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/marc8.hpp"

namespace rapidmarc {

enum class Dialect : std::uint8_t {
  marc21,   // UTF-8 or MARC-8, as leader 09 says
  unimarc,  // UTF-8 or the sets that field 100 names
  latin1,   // UTF-8 or ISO 8859-1: several national formats
};

/// The sets of a UNIMARC record: rows of unimarc_tables::cells. G0 first.
struct UnimarcSets {
  std::array<std::uint8_t, 4> g{};
  bool utf8 = false;  // ISO 10646

  friend bool operator==(const UnimarcSets&, const UnimarcSets&) = default;
};

/// The sets that field 100 of `record` names; ISO 646 and ISO 5426 where it is missing, or blank at
/// these places.
UnimarcSets unimarc_sets(std::string_view record) noexcept;

/// Whether the text of `record` is UTF-8: it says so, or it holds more than ASCII and is valid.
bool is_utf8_in(Dialect dialect, std::string_view record) noexcept;

/// Appends the text of one value to `out`, in UTF-8 and NFC. A code that the sets in force do not
/// have becomes U+FFFD and is noted, unless `notes` is null. Control codes but those of ISO 2022
/// vanish; the marks of ISO 6630 round what is not to be sorted become U+0098 and U+009C.
void append_unimarc(std::string_view value, const UnimarcSets& sets, std::string& out,
                    std::vector<Marc8Note>* notes);

}  // namespace rapidmarc
