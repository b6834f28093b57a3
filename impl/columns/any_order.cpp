#include "columns/any_order.hpp"

#include <numeric>
#include <string>
#include <utility>

namespace rapidmarc::columns {
namespace {

/// With a comma at every third digit, as places are written elsewhere.
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, 1, ',');
  return digits;
}

}  // namespace

AnyOrderReader::AnyOrderReader(std::vector<Part> parts)
    : parts_(std::move(parts)),
      plan_(parts_.front().reader->shared_plan()),
      origin_(parts_.front().start),
      open_(parts_.size()) {
  std::iota(open_.begin(), open_.end(), std::size_t{0});
}

std::optional<Table> AnyOrderReader::next() {
  while (!open_.empty()) {
    const std::size_t first = turn_ % open_.size();
    std::size_t asked = first;
    try {
      for (std::size_t i = 0; i < open_.size(); ++i) {
        asked = (first + i) % open_.size();
        if (auto table = parts_[open_[asked]].reader->next_if_ready()) {
          turn_ = asked + 1;
          return table;
        }
      }
      asked = first;
      if (auto table = parts_[open_[asked]].reader->next()) {
        turn_ = asked + 1;
        return table;
      }
    } catch (SelectionError& error) {
      // The part keeps its error, so every later call comes here again.
      turn_ = asked;
      const std::uint64_t start = parts_[open_[asked]].start;
      if (start != origin_) {
        error.text += " (records are counted from byte " + grouped(start) + ")";
      }
      throw;
    }
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(asked));
    turn_ = asked;
  }
  return std::nullopt;
}

std::uint64_t AnyOrderReader::records() const noexcept {
  std::uint64_t sum = 0;
  for (const Part& part : parts_) sum += part.reader->records();
  return sum;
}

std::uint64_t AnyOrderReader::skipped() const noexcept {
  std::uint64_t sum = 0;
  for (const Part& part : parts_) sum += part.reader->skipped();
  return sum;
}

}  // namespace rapidmarc::columns
