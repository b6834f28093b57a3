#include "core/encode.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "core/format.hpp"

namespace rapidmarc {
namespace {

constexpr std::size_t length_digits = 4;
constexpr std::size_t position_digits = 5;
constexpr std::size_t free_of_leader = leader_length - 2 * length_field_length;

// The numbers 00 to 99, in two digits each.
constexpr auto two_digits = [] {
  std::array<char, 200> digits{};
  for (std::size_t i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

void put_two(char* out, std::uint32_t number) noexcept {
  std::memcpy(out, two_digits.data() + std::size_t{2} * number, 2);
}

void put_four(char* out, std::uint32_t number) noexcept {
  put_two(out, number / 100);
  put_two(out + 2, number % 100);
}

void put_five(char* out, std::uint32_t number) noexcept {
  *out = static_cast<char>('0' + number / 10'000);
  put_four(out + 1, number % 10'000);
}

/// `number` in at least `width` digits; zeros when it needs more, unless these shall be written.
void append_number(std::string& out, std::size_t number, std::size_t width, Oversize oversize) {
  std::array<char, std::numeric_limits<std::size_t>::digits10 + 1> text{};
  std::size_t first = text.size();
  std::size_t left = number;
  while (left != 0 || text.size() - first < width) {
    text[--first] = static_cast<char>('0' + left % 10);
    left /= 10;
  }
  if (text.size() - first > width && oversize != Oversize::spill) {
    out.append(width, '0');
    return;
  }
  out.append(text.data() + first, text.size() - first);
}

char* put(char* out, std::string_view bytes) noexcept {
  std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

}  // namespace

void RecordEncoder::begin(Oversize oversize, std::size_t fields) {
  oversize_ = oversize;
  head_ = leader_length + fields * directory_entry_length + 1;
  directory_size_ = 0;
  position_ = 0;
  long_field_ = {};
  record_.resize(head_);
}

char* RecordEncoder::grow_directory(std::size_t size) {
  const std::size_t at = leader_length + directory_size_;
  if (at + size + 1 > head_) {
    const std::size_t missing = at + size + 1 - head_;
    const std::size_t more = std::max(missing, directory_size_);  // seldom, if there are many
    record_.insert(head_, more, field_terminator);
    head_ += more;
  }
  directory_size_ += size;
  return record_.data() + at;
}

void RecordEncoder::add_entry(std::string_view tag, std::size_t length) {
  if (tag.size() == tag_length && length <= longest_field && position_ <= longest_record) {
    char* const entry = grow_directory(directory_entry_length);
    put(entry, tag);
    put_four(entry + tag_length, static_cast<std::uint32_t>(length));
    put_five(entry + tag_length + length_digits, static_cast<std::uint32_t>(position_));
  } else {
    if (length > longest_field && long_field_.fits) long_field_ = {false, std::string(tag), length};
    std::string entry(tag);
    append_number(entry, length, length_digits, oversize_);
    append_number(entry, position_, position_digits, oversize_);
    put(grow_directory(entry.size()), entry);
  }
  position_ += length;
}

void RecordEncoder::add_entries(std::string_view directory, std::span<const Entry> entries) {
  if (entries.empty()) return;
  const std::size_t first = entries.front().offset;
  const std::size_t length = entries.back().offset + entries.back().length + std::size_t{1} - first;
  if (position_ + length > longest_record) {  // five digits may not do
    for (const Entry& entry : entries) add_entry(entry.tag_text(), entry.length + std::size_t{1});
    return;
  }
  char* out = grow_directory(directory.size());
  put(out, directory);
  out += tag_length + length_digits;
  std::array<char, position_digits> position{};
  put_five(position.data(), static_cast<std::uint32_t>(position_));
  if (std::memcmp(out, position.data(), position.size()) != 0) {
    for (const Entry& entry : entries) {
      put_five(out, static_cast<std::uint32_t>(position_ + entry.offset - first));
      out += directory_entry_length;
    }
  }
  position_ += length;
}

SizeFault RecordEncoder::fault() const {
  if (!long_field_.fits) return long_field_;
  const std::size_t length = leader_length + directory_size_ + 1 + data_size() + 1;
  if (length > longest_record) return {false, {}, length};
  return {};
}

std::string_view RecordEncoder::finish(std::string_view leader_05_11,
                                       std::string_view leader_17_23) {
  const std::size_t base = leader_length + directory_size_ + 1;
  const std::size_t size = base + data_size() + 1;
  if (base != head_) record_.erase(base, head_ - base);
  record_[base - 1] = field_terminator;
  record_ += record_terminator;
  if (size > longest_record || leader_05_11.size() + leader_17_23.size() != free_of_leader) {
    std::string leader;
    append_number(leader, size, length_field_length, oversize_);
    leader += leader_05_11;
    append_number(leader, base, length_field_length, oversize_);
    leader += leader_17_23;
    return record_.replace(0, leader_length, leader);
  }
  char* out = record_.data();
  put_five(out, static_cast<std::uint32_t>(size));
  out = put(out + length_field_length, leader_05_11);
  put_five(out, static_cast<std::uint32_t>(base));
  put(out + length_field_length, leader_17_23);
  return record_;
}

std::string& RecordEncoder::keep(std::string_view record) {
  if (record.data() != record_.data()) record_ = record;
  return record_;
}

}  // namespace rapidmarc
