// Encoding: leader, fields and terminators become the bytes of a record (ISO 2709). The caller
// brings every field's data in the record's own encoding; what four and five digits cannot say is
// found before anything is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/entry.hpp"

namespace rapidmarc {

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

/// Puts records together, one after the other, in memory that is used again. Not for two threads at
/// once.
///
/// A record is built where it will stand: the fields' data behind room for leader and directory. If
/// that room turns out too small or too large, the data moves.
class RecordEncoder {
 public:
  /// Starts a record without fields, with room for the entries of `fields`.
  void begin(Oversize oversize, std::size_t fields = 0);

  /// Where the data of the fields is appended, each with its terminator. Adding to the directory
  /// may move what is there already.
  std::string& data() noexcept { return record_; }
  /// Enters a field of `length` bytes, its terminator included, into the directory.
  void add_entry(std::string_view tag, std::size_t length);
  /// Enters fields that lie one behind the other in a record that was read: `entries` says where,
  /// `directory` is what that record's directory has of them.
  void add_entries(std::string_view directory, std::span<const Entry> entries);

  /// What of the record is too long for its digits; a field comes before the record.
  SizeFault fault() const;

  /// The record: record length, `leader_05_11`, base address, `leader_17_23`, directory and data.
  /// Valid until the next call.
  std::string_view finish(std::string_view leader_05_11, std::string_view leader_17_23);

  /// Keeps a copy of a record that needs no encoding, where it may be changed; valid as long.
  std::string& keep(std::string_view record);

  /// Bytes that it holds on to, used or not.
  std::size_t memory() const noexcept { return record_.capacity(); }

 private:
  /// Where the next `size` bytes of the directory belong.
  char* grow_directory(std::size_t size);
  std::size_t data_size() const noexcept { return record_.size() - head_; }

  std::string record_;
  std::size_t head_ = 0;  // bytes in front of the data
  std::size_t directory_size_ = 0;
  std::size_t position_ = 0;  // where the next field will begin
  SizeFault long_field_;
  Oversize oversize_ = Oversize::error;
};

}  // namespace rapidmarc
