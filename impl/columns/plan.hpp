// What is to be selected: columns and a condition, brought into the order in which a record is
// walked. A plan is not changed once it is made; any number of threads may work by it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "columns/path.hpp"
#include "columns/regex.hpp"

namespace rapidmarc::columns {

/// What is asked about the values of a path.
struct Test {
  enum class Kind : std::uint8_t { exists, equals, starts_with, matches };
  Kind kind = Kind::exists;
  std::string text;            // equals, starts_with
  std::optional<Regex> regex;  // matches

  bool holds(std::string_view value) const;
};

/// Tests joined by and, or, not.
struct Condition {
  enum class Kind : std::uint8_t { test, all, any, none };
  Kind kind = Kind::test;
  std::size_t slot = 0;  // test: whose path and question
  std::vector<Condition> parts;

  /// `answers` are those of the slots.
  bool holds(std::span<const bool> answers) const;
};

enum class ColumnKind : std::uint8_t {
  text,     // utf8: the first value, or null
  every,    // list<utf8>: all of them
  count,    // int32: their number
  integer,  // int64: the first value, or null if it is not a whole number
  test,     // bool: whether a condition holds
  offset,   // int64: of the record's first byte in the input
  length,   // int64: of the record, in bytes
};

/// One path and what becomes of its values; a column's, or a test's.
struct Slot {
  Path path;
  std::optional<Test> test;
  std::size_t column = 0;  // in Plan::columns, without `test`
};

struct ColumnSpec {
  std::string name;
  ColumnKind kind = ColumnKind::text;
  Condition condition;  // kind test
};

class Plan {
 public:
  void add_column(std::string name, ColumnKind kind, Path path);
  void add_column(std::string name, Condition condition);
  /// A column that no path fills: offset, length.
  void add_column(std::string name, ColumnKind kind);
  /// A test for `add_column` and `set_filter`.
  Condition add_test(Path path, Test test);
  /// Only records for which `condition` holds give a row.
  void set_filter(Condition condition) { filter_ = std::move(condition); }
  /// To be called when all is added. Throws std::length_error for more than 65,535 paths.
  void finish();

  std::span<const ColumnSpec> columns() const noexcept { return columns_; }
  std::span<const Slot> slots() const noexcept { return slots_; }
  const std::optional<Condition>& filter() const noexcept { return filter_; }

  /// The slots that may have the tag, in their order; whether they do is to be asked of their
  /// paths.
  std::span<const std::uint16_t> candidates(std::uint32_t tag) const noexcept {
    const std::uint16_t group = group_of_[hash(tag)];
    return group == nobody ? std::span<const std::uint16_t>() : groups_[group];
  }
  std::span<const std::uint16_t> leader_slots() const noexcept { return leader_slots_; }

 private:
  static constexpr std::uint16_t nobody = 0;  // the group of the tags that no slot takes

  /// The lowest four bits of each byte, the first on top: they tell digits apart; what else has the
  /// same ones is told apart by the path. The product has each of them where it is wanted, and no
  /// other bits there.
  static constexpr std::size_t hash(std::uint32_t tag) noexcept {
    return (std::uint64_t{tag & 0x0F0F0FU} * 0x1001001U) >> 16 & 0xFFFU;
  }

  std::vector<ColumnSpec> columns_;
  std::vector<Slot> slots_;
  std::optional<Condition> filter_;
  std::array<std::uint16_t, 4096> group_of_{};
  std::vector<std::vector<std::uint16_t>> groups_;
  std::vector<std::uint16_t> leader_slots_;
};

}  // namespace rapidmarc::columns
