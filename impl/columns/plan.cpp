#include "columns/plan.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <stdexcept>
#include <utility>

namespace rapidmarc::columns {

bool Test::holds(std::string_view value) const {
  switch (kind) {
    case Kind::exists: return true;
    case Kind::equals: return value == text;
    case Kind::starts_with: return value.starts_with(text);
    case Kind::matches: return regex && regex->found_in(value);
  }
  return false;
}

bool Condition::holds(std::span<const bool> answers) const {
  const auto part_holds = [answers](const Condition& part) { return part.holds(answers); };
  switch (kind) {
    case Kind::test: return answers[slot];
    case Kind::all: return std::all_of(parts.begin(), parts.end(), part_holds);
    case Kind::any: return std::any_of(parts.begin(), parts.end(), part_holds);
    case Kind::none: return std::none_of(parts.begin(), parts.end(), part_holds);
  }
  return false;
}

void Plan::add_column(std::string name, ColumnKind kind, Path path) {
  slots_.push_back({std::move(path), std::nullopt, columns_.size()});
  columns_.push_back({std::move(name), kind, {}});
}

void Plan::add_column(std::string name, Condition condition) {
  columns_.push_back({std::move(name), ColumnKind::test, std::move(condition)});
}

void Plan::add_column(std::string name, ColumnKind kind) {
  columns_.push_back({std::move(name), kind, {}});
}

Condition Plan::add_test(Path path, Test test) {
  Condition condition;
  condition.slot = slots_.size();
  slots_.push_back({std::move(path), std::move(test), 0});
  return condition;
}

void Plan::finish() {
  if (slots_.size() > std::numeric_limits<std::uint16_t>::max()) {
    throw std::length_error("more than 65,535 paths are asked for");
  }
  std::map<std::vector<std::uint16_t>, std::uint16_t> numbers;
  groups_.assign(1, {});
  numbers.emplace(groups_.front(), nobody);
  leader_slots_.clear();
  const auto count = static_cast<std::uint16_t>(slots_.size());
  for (std::uint16_t number = 0; number < count; ++number) {
    if (slots_[number].path.part == Path::Part::leader) leader_slots_.push_back(number);
  }
  std::vector<std::uint16_t> group;
  std::uint16_t last = nobody;  // neighbours mostly have the same
  for (std::uint32_t bits = 0; bits < group_of_.size(); ++bits) {
    const std::uint32_t nibbles =
        (bits >> 8 & 0xFU) | (bits << 4 & 0xF00U) | (bits << 16 & 0xF0000U);
    group.clear();
    for (std::uint16_t number = 0; number < count; ++number) {
      const Path& path = slots_[number].path;
      const bool possible = ((nibbles ^ path.tag.value) & path.tag.mask & 0x0F0F0FU) == 0;
      if (path.part != Path::Part::leader && possible) group.push_back(number);
    }
    if (group != groups_[last]) {
      const auto [place, is_new] =
          numbers.try_emplace(group, static_cast<std::uint16_t>(groups_.size()));
      if (is_new) groups_.push_back(group);
      last = place->second;
    }
    group_of_[bits] = last;
  }
}

}  // namespace rapidmarc::columns
