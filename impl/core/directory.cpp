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
