#include "core/directory.hpp"

#if defined(RAPIDMARC_HIGHWAY)
#include "core/directory_simd.hpp"
#endif

namespace rapidmarc {

bool scalar::read_entries(std::string_view record, std::uint32_t base,
                          std::span<Entry> entries) noexcept {
  if (!all_digits(record.substr(leader_length, entries.size() * directory_entry_length)))
    return false;
  const char* at = record.data() + leader_length;
  for (Entry& entry : entries) {
    EntryNumbers numbers{};
    read_entry_numbers(at, numbers);
    std::memcpy(entry.tag, at, sizeof entry.tag);
    entry.control = false;
    entry.offset = base + numbers.starting_position;
    entry.length = numbers.field_length - 1;
    at += directory_entry_length;
  }
  return true;
}

std::optional<std::string_view> find_field(std::string_view record, std::string_view tag) noexcept {
  if (record.size() < leader_length) return std::nullopt;
  const auto base = parse_digits(record.substr(base_address_position, length_field_length));
  if (!base || *base > record.size()) return std::nullopt;
  for (std::size_t at = leader_length; at + directory_entry_length < *base;
       at += directory_entry_length) {
    if (!record.substr(at).starts_with(tag)) continue;
    EntryNumbers numbers{};
    if (!read_entry_numbers(record.data() + at, numbers) || numbers.field_length == 0)
      return std::nullopt;
    const std::size_t start = *base + numbers.starting_position;
    if (start >= record.size()) return std::nullopt;
    return record.substr(start, numbers.field_length - 1);
  }
  return std::nullopt;
}

#if defined(RAPIDMARC_HIGHWAY)
bool read_entries(std::string_view record, std::uint32_t base, std::span<Entry> entries) noexcept {
  return simd::read_entries(record, base, entries);
}
#else
bool read_entries(std::string_view record, std::uint32_t base, std::span<Entry> entries) noexcept {
  return scalar::read_entries(record, base, entries);
}
#endif

}  // namespace rapidmarc
