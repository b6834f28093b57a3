// Encoding: leader, fields and terminators become the bytes of a record (ISO 2709). The caller
// brings every field's data in the record's own encoding; what four and five digits cannot say is
// found before anything is written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rapidmarc {

struct EncodedField {
  std::string tag;           // as it stands in the directory
  std::uint32_t length = 0;  // of the data with its terminator
};

/// What to do with a field over 9,999 or a record over 99,999 bytes, whose length the format cannot
/// state.
enum class Oversize : std::uint8_t {
  error,  // refuse
  spill,  // write longer numbers, as pymarc does: no reader can read the record
  zero,   // write zeros for the numbers that do not fit: readers that go by terminators can
};

struct SizeFault {
  bool fits = true;
  std::string tag;       // of the first field that is too long; empty when the record is
  std::size_t size = 0;  // in bytes
};

SizeFault check_sizes(const std::vector<EncodedField>& fields, std::size_t data_length) noexcept;

/// The record: record length, `leader_05_11`, base address, `leader_17_23`, the directory, then
/// `data`, which holds the fields with their terminators in order.
std::string encode_record(std::string_view leader_05_11, std::string_view leader_17_23,
                          const std::vector<EncodedField>& fields, std::string_view data,
                          Oversize oversize);

}  // namespace rapidmarc
