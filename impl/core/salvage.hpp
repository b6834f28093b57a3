// Salvage: the fields of a record whose numbers cannot be trusted. Where the directory leads to
// whole fields it is believed; where it does not, field terminators say where the fields lie, and
// the directory only which tags they have.
//
// About the text of the fields nothing is said here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/decode.hpp"
#include "core/error.hpp"

namespace rapidmarc {

/// The most faults that are told of one record.
inline constexpr std::size_t most_faults = 1000;

struct Salvaged {
  std::string leader;  // 24 printable ASCII characters
  std::vector<Entry>
      fields;  // in the directory's order; offsets count from the record's first byte
  std::vector<Fault> faults;  // what was mended, and what was lost
};

/// The fields of `record`, which begins with a plausible leader, else there are none. Takes time
/// linear in its size, but for sorting the directory's entries.
Salvaged salvage_record(std::string_view record);

}  // namespace rapidmarc
