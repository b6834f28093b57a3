// Errors are data: a code, where in the record it was found, and no message until somebody asks for
// one.
//
// The codes follow the order in which pymarc looks (leader, base address, directory, fields),
// because a record with two faults must be reported with the first of them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace rapidmarc {

enum class Error : std::uint8_t {
  none,
  // framing; the reader cannot go on after one of these
  length_not_a_number,
  record_truncated,
  terminator_missing,
  // framing that goes on behind damage says these as well
  length_too_small,
  length_beyond_next,
  padding,  // no fault: bytes between records that belong to none
  // leader
  leader_not_ascii,
  leader_short,
  base_address_not_a_number,
  base_address_missing,
  base_address_beyond_end,
  length_beyond_end,
  // directory
  directory_not_ascii,
  directory_ragged,
  directory_empty,
  entry_not_a_number,
  // fields
  indicators_not_ascii,
  text_not_utf8,
  text_not_marc8,
  // salvage
  field_misplaced,
  field_not_found,
  field_unlisted,
  field_cut,
};

struct Fault {
  Error error = Error::none;
  std::uint32_t position = 0;  // byte of the record at which the fault lies
  std::uint32_t entry = 0;     // number of the directory entry, from 0; meaningful if `tag` is set
  std::array<char, 4> tag{};  // ASCII, zero-terminated; empty when the fault lies before the fields
};

/// One line that says what `error` means, without a full stop.
std::string_view describe(Error error) noexcept;

/// `directory entry 17 (tag 650): text is not valid UTF-8`, for the `detail` of an exception.
std::string describe(const Fault& fault);

}  // namespace rapidmarc
