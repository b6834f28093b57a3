#include "core/encode.hpp"

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

void RecordEncoder::begin(Oversize oversize) {
  oversize_ = oversize;
  directory_.clear();
  data_.clear();
  position_ = 0;
  long_field_ = {};
}

void RecordEncoder::add_entry(std::string_view tag, std::size_t length) {
  if (tag.size() == tag_length && length <= longest_field && position_ <= longest_record) {
    std::array<char, directory_entry_length> entry{};
    tag.copy(entry.data(), tag_length);
    put_four(entry.data() + tag_length, static_cast<std::uint32_t>(length));
    put_five(entry.data() + tag_length + length_digits, static_cast<std::uint32_t>(position_));
    directory_.append(entry.data(), entry.size());
  } else {
    if (length > longest_field && long_field_.fits) long_field_ = {false, std::string(tag), length};
    directory_ += tag;
    append_number(directory_, length, length_digits, oversize_);
    append_number(directory_, position_, position_digits, oversize_);
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
  std::size_t at = directory_.size() + tag_length + length_digits;
  directory_ += directory;
  std::array<char, position_digits> position{};
  put_five(position.data(), static_cast<std::uint32_t>(position_));
  if (std::memcmp(directory_.data() + at, position.data(), position.size()) != 0) {
    for (const Entry& entry : entries) {
      put_five(directory_.data() + at,
               static_cast<std::uint32_t>(position_ + entry.offset - first));
      at += directory_entry_length;
    }
  }
  position_ += length;
}

SizeFault RecordEncoder::fault() const {
  if (!long_field_.fits) return long_field_;
  const std::size_t length = leader_length + directory_.size() + 1 + data_.size() + 1;
  if (length > longest_record) return {false, {}, length};
  return {};
}

std::string_view RecordEncoder::finish(std::string_view leader_05_11,
                                       std::string_view leader_17_23) {
  const std::size_t base = leader_length + directory_.size() + 1;
  const std::size_t size = base + data_.size() + 1;
  if (size > longest_record || leader_05_11.size() + leader_17_23.size() != free_of_leader) {
    record_.clear();
    append_number(record_, size, length_field_length, oversize_);
    record_ += leader_05_11;
    append_number(record_, base, length_field_length, oversize_);
    record_ += leader_17_23;
    record_ += directory_;
    record_ += field_terminator;
    record_ += data_;
    record_ += record_terminator;
    return record_;
  }
  // The record before it stays where it is until it is overwritten, so that none is cleared first.
  record_.resize(size);
  char* out = record_.data();
  put_five(out, static_cast<std::uint32_t>(size));
  out = put(out + length_field_length, leader_05_11);
  put_five(out, static_cast<std::uint32_t>(base));
  out = put(out + length_field_length, leader_17_23);
  out = put(out, directory_);
  *out++ = field_terminator;
  out = put(out, data_);
  *out = record_terminator;
  return record_;
}

std::string& RecordEncoder::keep(std::string_view record) {
  if (record.data() != record_.data()) record_ = record;
  return record_;
}

}  // namespace rapidmarc
