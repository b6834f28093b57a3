// Columns being built: the buffers that Arrow's columnar format lays down, a row at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "columns/plan.hpp"

namespace rapidmarc::columns {

/// A column of one batch has more text than its offsets can count.
class ColumnTooLarge : public std::exception {
 public:
  const char* what() const noexcept override {
    return "the text of a column in one batch is over 2 GiB; ask for fewer bytes a batch";
  }
};

/// Bits, the first in the lowest place of the first byte.
struct Bits {
  std::vector<std::uint8_t> bytes;
  std::size_t size = 0;

  void push(bool bit) {
    if ((size & 7U) == 0) bytes.push_back(0);
    bytes.back() = static_cast<std::uint8_t>(bytes.back() | unsigned{bit} << (size & 7U));
    ++size;
  }
};

/// Texts one behind the other; text number i is from offsets[i] to offsets[i + 1].
struct Texts {
  std::vector<std::int32_t> offsets{0};
  std::string bytes;

  std::size_t size() const noexcept { return offsets.size() - 1; }
  void append(std::string_view text);
  void end() { offsets.push_back(static_cast<std::int32_t>(bytes.size())); }
  /// Forgets all behind text number `count`.
  void cut_to(std::size_t count);
};

/// How much memory a column is expected to need.
struct SizeHint {
  std::size_t rows = 0;
  std::size_t values = 0;
  std::size_t bytes = 0;
};

/// One column. A row is what was added since the last one ended; until then it can be dropped.
class ColumnBuilder {
 public:
  ColumnBuilder(ColumnKind kind, const SizeHint& hint);

  /// A value of the row, in the record's order. False when the row wants no more.
  bool add(std::string_view value);
  /// Ends the row of a column that `add` is called for.
  void end_row();
  /// The whole row of a column of conditions.
  void add_answer(bool answer);
  /// The whole row of a column of places.
  void add_number(std::int64_t number);
  void drop_row();
  void add_null();

  /// A column's buffers, to be read or moved from.
  ColumnKind kind;
  std::size_t rows = 0;
  std::size_t nulls = 0;
  Bits valid;                         // every kind
  Bits answers;                       // test
  Texts texts;                        // text, every: the values
  std::vector<std::int32_t> lists{};  // every: row i has the texts from lists[i] to lists[i + 1]
  std::vector<std::int32_t> counts{};
  std::vector<std::int64_t> integers{};

  bool holds_place() const noexcept {
    return kind == ColumnKind::offset || kind == ColumnKind::length;
  }
  SizeHint size() const noexcept { return {rows, texts.size(), texts.bytes.size()}; }

 private:
  void push_valid(bool is_valid) {
    valid.push(is_valid);
    nulls += is_valid ? 0 : 1;
    ++rows;
  }

  bool found_ = false;  // of the row being built, as are the next two
  std::int32_t count_ = 0;
  std::int64_t integer_ = 0;
};

}  // namespace rapidmarc::columns
