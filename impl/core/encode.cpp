#include "core/encode.hpp"

#include <array>
#include <limits>

#include "core/format.hpp"

namespace rapidmarc {
namespace {

/// `number` with at least `digits` digits; zeros when it needs more and `oversize` says so.
void append_number(std::string& out, std::size_t number, std::size_t digits, Oversize oversize) {
  std::array<char, std::numeric_limits<std::size_t>::digits10 + 1> text{};
  std::size_t first = text.size();
  do {
    text[--first] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  if (text.size() - first > digits && oversize == Oversize::zero) {
    out.append(digits, '0');
    return;
  }
  while (text.size() - first < digits) text[--first] = '0';
  out.append(text.data() + first, text.size() - first);
}

}  // namespace

SizeFault check_sizes(const std::vector<EncodedField>& fields, std::size_t data_length) noexcept {
  std::size_t directory = 0;
  for (const EncodedField& field : fields) {
    if (field.length > longest_field) return {false, field.tag, field.length};
    directory += field.tag.size() + directory_entry_length - 3;
  }
  const std::size_t length = leader_length + directory + 1 + data_length + 1;
  if (length > longest_record) return {false, {}, length};
  return {};
}

std::string encode_record(std::string_view leader_05_11, std::string_view leader_17_23,
                          const std::vector<EncodedField>& fields, std::string_view data,
                          Oversize oversize) {
  std::string directory;
  directory.reserve(fields.size() * directory_entry_length + 1);
  std::size_t position = 0;
  for (const EncodedField& field : fields) {
    directory += field.tag;
    append_number(directory, field.length, 4, oversize);
    append_number(directory, position, 5, oversize);
    position += field.length;
  }
  directory += field_terminator;
  const std::size_t base = leader_length + directory.size();
  std::string record;
  record.reserve(base + data.size() + 1);
  append_number(record, base + data.size() + 1, length_field_length, oversize);
  record += leader_05_11;
  append_number(record, base, length_field_length, oversize);
  record += leader_17_23;
  record += directory;
  record += data;
  record += record_terminator;
  return record;
}

}  // namespace rapidmarc
