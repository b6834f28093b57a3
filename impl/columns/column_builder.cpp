#include "columns/column_builder.hpp"

#include <charconv>
#include <limits>
#include <optional>

#include "core/strip.hpp"

namespace rapidmarc::columns {
namespace {

constexpr std::size_t most_bytes = std::numeric_limits<std::int32_t>::max();

/// Digits, with a sign if need be, and white space around them.
std::optional<std::int64_t> whole_number(std::string_view text) noexcept {
  text = strip(text);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

}  // namespace

void Texts::append(std::string_view text) {
  if (text.size() > most_bytes - bytes.size()) throw ColumnTooLarge();
  bytes.append(text);
}

void Texts::cut_to(std::size_t count) {
  offsets.resize(count + 1);
  bytes.resize(static_cast<std::size_t>(offsets.back()));
}

ColumnBuilder::ColumnBuilder(ColumnKind column_kind, const SizeHint& hint) : kind(column_kind) {
  valid.bytes.reserve(hint.rows / 8 + 1);
  switch (kind) {
    case ColumnKind::every:
      lists.reserve(hint.rows + 1);
      lists.push_back(0);
      [[fallthrough]];
    case ColumnKind::text:
      texts.offsets.reserve(hint.values + 1);
      texts.bytes.reserve(hint.bytes);
      break;
    case ColumnKind::count: counts.reserve(hint.rows); break;
    case ColumnKind::integer:
    case ColumnKind::offset:
    case ColumnKind::length: integers.reserve(hint.rows); break;
    case ColumnKind::test: answers.bytes.reserve(hint.rows / 8 + 1); break;
  }
}

bool ColumnBuilder::add(std::string_view value) {
  switch (kind) {
    case ColumnKind::text:
      texts.append(value);
      found_ = true;
      return false;
    case ColumnKind::every:
      texts.append(value);
      texts.end();
      return true;
    case ColumnKind::count: ++count_; return true;
    case ColumnKind::integer:
      if (const auto number = whole_number(value)) {
        integer_ = *number;
        found_ = true;
      }
      return false;
    case ColumnKind::test:
    case ColumnKind::offset:
    case ColumnKind::length: break;
  }
  return false;
}

void ColumnBuilder::end_row() {
  switch (kind) {
    case ColumnKind::text:
      texts.end();
      push_valid(found_);
      break;
    case ColumnKind::every:
      lists.push_back(static_cast<std::int32_t>(texts.size()));
      push_valid(true);
      break;
    case ColumnKind::count:
      counts.push_back(count_);
      push_valid(true);
      break;
    case ColumnKind::integer:
      integers.push_back(integer_);
      push_valid(found_);
      break;
    case ColumnKind::test:
    case ColumnKind::offset:
    case ColumnKind::length: break;
  }
  found_ = false;
  count_ = 0;
  integer_ = 0;
}

void ColumnBuilder::add_answer(bool answer) {
  answers.push(answer);
  push_valid(true);
}

void ColumnBuilder::add_number(std::int64_t number) {
  integers.push_back(number);
  push_valid(true);
}

void ColumnBuilder::drop_row() {
  if (kind == ColumnKind::text) texts.cut_to(rows);
  if (kind == ColumnKind::every) texts.cut_to(static_cast<std::size_t>(lists.back()));
  found_ = false;
  count_ = 0;
  integer_ = 0;
}

void ColumnBuilder::add_null() {
  drop_row();
  switch (kind) {
    case ColumnKind::text: texts.end(); break;
    case ColumnKind::every: lists.push_back(lists.back()); break;
    case ColumnKind::count: counts.push_back(0); break;
    case ColumnKind::integer:
    case ColumnKind::offset:
    case ColumnKind::length: integers.push_back(0); break;
    case ColumnKind::test: answers.push(false); break;
  }
  push_valid(false);
}

}  // namespace rapidmarc::columns
