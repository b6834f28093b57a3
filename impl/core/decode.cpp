#include "core/decode.hpp"

#include <bit>
#include <cstring>
#include <optional>
#include <span>

#include "core/directory.hpp"
#include "core/format.hpp"
#include "core/tolerant.hpp"
#include "core/unimarc_tables.hpp"
#include "core/utf8.hpp"

namespace rapidmarc {
namespace {

/// What the pass over the directory found; the pass over the text settles the rest.
struct DirectoryFacts {
  std::uint32_t base = 0;
  bool contiguous =
      false;  // fields in order, each where the one before ended, the last at the record terminator
};

bool leader_is_ascii(const char* record) noexcept {
  std::uint64_t words[3];
  std::memcpy(words, record, sizeof words);
  return ((words[0] | words[1] | words[2]) & 0x8080808080808080U) == 0;
}

/// Four bytes as one number, the first in the lowest byte.
std::uint32_t four_bytes(const char* at) noexcept {
  std::uint32_t word = 0;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap32(word);
  return word;
}

/// Whether a data field of `length` bytes, the first four of which are `word`, has indicators that
/// need no interpretation: two ASCII characters, then a delimiter or the end of the field.
bool indicators_are_plain(std::uint32_t word, std::uint32_t length) noexcept {
  constexpr std::uint32_t delimiter{subfield_delimiter};
  return (word & 0x8080U) == 0 && (word & 0xFFU) != delimiter && (word >> 8 & 0xFFU) != delimiter &&
         ((word >> 16 & 0xFFU) == delimiter ? length > 2 : length == 2);
}

/// Whether the fields at `entries`, as `read_entries` leaves them, follow each other from `base` to
/// the record terminator, and each begins in a way that needs no interpretation. Notes which are
/// control fields. A field is looked at together with the terminator before it, which is that of
/// the directory or of another field.
bool fields_are_plain(std::string_view record, std::uint32_t base,
                      std::span<Entry> entries) noexcept {
  constexpr std::uint16_t two_zeros =
      0x3030;  // a tag of three digits that begins so is one of control
  constexpr std::uint32_t control_start = 0x0000001EU;  // a terminator, then what is not above 7F
  constexpr std::uint32_t control_bits = 0x000080FFU;
  constexpr std::uint32_t data_start = 0x1F00001EU;  // a terminator, two indicators, a delimiter
  constexpr std::uint32_t data_bits = 0xFF8080FFU;
  constexpr std::uint32_t blanks = 0x00202000U;
  constexpr std::uint32_t no_length = 0x80000000U;  // in what `read_entries` makes of 0000
  const auto last_place = static_cast<std::uint32_t>(record.size() - 3);
  std::uint32_t odd_control = 0;
  std::uint32_t odd_data = 0;
  std::uint32_t lengths = 0;  // those of all fields, or-ed
  std::uint32_t at = base;
  for (Entry& entry : entries) {
    if (entry.offset != at || at > last_place) return false;
    const std::uint32_t bytes = four_bytes(record.data() + at - 1);
    std::uint16_t tag_start = 0;
    std::memcpy(&tag_start, entry.tag, sizeof tag_start);
    if (tag_start == two_zeros) {
      entry.control = true;
      odd_control |= bytes ^ control_start;
    } else {
      // An indicator below a blank borrows from its highest bit, or from the byte behind it.
      const std::uint32_t indicators = bytes ^ data_start;
      odd_data |= indicators | (indicators - blanks);
    }
    lengths |= entry.length;
    at += entry.length + 1;
  }
  const std::uint32_t odd =
      (odd_control & control_bits) | (odd_data & data_bits) | (lengths & no_length);
  return odd == 0 && at == record.size() - 1 && record[at - 1] == field_terminator &&
         record[at] == record_terminator;
}

/// Fills `entries` from the directory of `record`; false when anything about it is odd. Each entry
/// is looked at by itself: fields may lie in any order, overlap, or leave gaps.
bool read_one_by_one(std::string_view record, std::uint32_t base, std::span<Entry> entries) {
  const auto size = static_cast<std::uint32_t>(record.size());
  const char* const data = record.data();
  const char* directory = data + leader_length;
  std::uint32_t tag_bytes = 0;  // those of all tags, or-ed
  for (Entry& entry : entries) {
    EntryNumbers numbers{};
    if (!read_entry_numbers(directory, numbers) || numbers.field_length == 0) return false;
    const std::uint32_t start = base + numbers.starting_position;
    const std::uint32_t data_length = numbers.field_length - 1;
    if (start + numbers.field_length > size || data[start + data_length] != field_terminator)
      return false;
    tag_bytes |= four_bytes(directory);
    std::memcpy(entry.tag, directory, sizeof entry.tag);
    entry.control = is_control_tag(directory);
    entry.offset = start;
    entry.length = data_length;
    const bool starts_plainly =
        entry.control
            ? (static_cast<unsigned char>(data[start]) & 0xC0) != 0x80
            : start + 4 <= size && indicators_are_plain(four_bytes(data + start), data_length);
    if (!starts_plainly) return false;
    directory += directory_entry_length;
  }
  return (tag_bytes & 0x808080U) == 0;
}

/// Whether the fields lie one behind the other, in the order of the directory, from `base` to the
/// record terminator.
bool are_contiguous(std::string_view record, std::uint32_t base, std::span<const Entry> entries) {
  std::uint32_t at = base;
  for (const Entry& entry : entries) {
    if (entry.offset != at) return false;
    at += entry.length + 1;
  }
  return record[base - 1] == field_terminator && at == record.size() - 1 &&
         record[at] == record_terminator;
}

/// What a leader states.
struct Shape {
  std::uint32_t length;
  std::uint32_t base;
  std::uint32_t entry_count;  // at least one
};

/// Nothing when anything about the leader is odd, or there is no room for the directory it implies.
std::optional<Shape> shape_of(std::string_view record) noexcept {
  if (record.size() < leader_length + directory_entry_length + 2 || !leader_is_ascii(record.data()))
    return std::nullopt;
  const auto length = parse_digits(record.substr(0, length_field_length));
  const auto base = parse_digits(record.substr(base_address_position, length_field_length));
  if (!length || *length > record.size() || !base || *base >= record.size() ||
      *base <= leader_length)
    return std::nullopt;
  const std::uint32_t directory_size = *base - 1 - static_cast<std::uint32_t>(leader_length);
  const std::uint32_t count = directory_size / directory_entry_length;
  if (count == 0 || count * directory_entry_length != directory_size) return std::nullopt;
  return Shape{*length, *base, count};
}

/// Appends the fields of `record` to `entries`; false when anything about the directory is odd.
bool read_directory(std::string_view record, Entries& entries, DirectoryFacts& facts) {
  const auto shape = shape_of(record);
  if (!shape) return false;
  const std::size_t first = entries.size();
  entries.resize(first + shape->entry_count);
  const std::span<Entry> made(entries.data() + first, shape->entry_count);
  facts.base = shape->base;
  if (shape->length == record.size() && read_entries(record, shape->base, made) &&
      fields_are_plain(record, shape->base, made)) {
    facts.contiguous = true;
    return true;
  }
  if (!read_one_by_one(record, shape->base, made)) return false;
  facts.contiguous = shape->length == record.size() && are_contiguous(record, shape->base, made);
  return true;
}

/// Whether ASCII is in force at the start of a UNIMARC record's values.
bool begins_with_ascii(std::string_view record) noexcept {
  const UnimarcSets sets = unimarc_sets(record);
  return sets.utf8 || sets.g.front() == unimarc_tables::latin;
}

bool read_fast(std::string_view record, const DecodeOptions& options, Tables& tables,
               DecodedRecord& out) {
  DirectoryFacts directory;
  if (!read_directory(record, tables.entries, directory)) return false;
  const std::string_view text = record.substr(directory.base);
  const bool claims_utf8 = options.force_utf8 || (options.dialect == Dialect::marc21 &&
                                                  record[coding_scheme_position] == 'a');
  // Only MARC-8 has a meaning for control characters.
  const TextFacts facts = scan_text(text, claims_utf8 ? Controls::ignored : Controls::looked_for);
  // In the other dialects what is more than ASCII, and valid, is UTF-8, whatever the leader says.
  const bool utf8 = claims_utf8 || (options.dialect != Dialect::marc21 && !facts.ascii);
  if (options.detect) {
    // This road takes what is valid as the leader claims; then only escapes tell something else.
    if (text.find(escape) != std::string_view::npos) return false;
    out.encoding = utf8 ? Encoding::utf8 : Encoding::marc8;
  }
  if (utf8) {
    if (!facts.ascii && (facts.odd_code || !is_valid_utf8(text))) return false;
  } else {
    // Plain ASCII reads the same in MARC-8. Fields that overlap could hold a terminator, which
    // MARC-8 drops, so they must not; a terminator inside a field is looked for in the tolerant
    // road.
    if (!options.marc8 || !facts.ascii || !facts.plain || !directory.contiguous) return false;
    if (options.dialect == Dialect::unimarc && !begins_with_ascii(record)) return false;
    if (count_terminators(text) != tables.entries.size() - out.first_entry + 1) return false;
  }
  if (may_change(text, facts.ascii, options.form)) return false;
  out.ascii = facts.ascii;
  out.canonical = directory.contiguous && !facts.empty_subfield;
  return true;
}

/// Whether `record` can be told to be faultless without looking at its fields: in numbers and text
/// of plain ASCII nothing can go wrong, wherever the fields lie.
bool is_plainly_faultless(std::string_view record, const DecodeOptions& options) {
  const auto shape = shape_of(record);
  if (!shape) return false;
  const std::size_t directory_size = shape->entry_count * directory_entry_length;
  if (!all_digits(record.substr(leader_length, directory_size))) return false;
  const TextFacts facts = scan_text(record.substr(shape->base));
  const bool utf8 = options.force_utf8 || record[coding_scheme_position] == 'a';
  return facts.ascii && (utf8 || (options.marc8 && facts.plain));
}

}  // namespace

void decode_record(std::string_view block, RecordSpan span, const DecodeOptions& options,
                   Tables& tables) {
  DecodedRecord out;
  out.span = span;
  out.first_entry = static_cast<std::uint32_t>(tables.entries.size());
  out.first_note = static_cast<std::uint32_t>(tables.notes.size());
  const std::string_view record = block.substr(span.offset, span.length);
  if (options.only_check && !options.raw && options.dialect == Dialect::marc21 &&
      is_plainly_faultless(record, options)) {
    out.road = Road::passed;
  } else if (!options.raw) {
    if (read_fast(record, options, tables, out)) {
      out.road = Road::fast;
    } else {
      tables.entries.resize(out.first_entry);
      out.ascii = false;
      out.canonical = false;
      out.image = static_cast<std::uint32_t>(tables.images.size());
      Fault fault;
      if (read_tolerantly(record, options, tables, out, fault)) {
        out.road = Road::image;
      } else {
        tables.entries.resize(out.first_entry);
        tables.images.resize(out.image);
        tables.notes.resize(out.first_note);
      }
    }
  }
  out.entry_count = static_cast<std::uint32_t>(tables.entries.size()) - out.first_entry;
  out.note_count = static_cast<std::uint32_t>(tables.notes.size()) - out.first_note;
  tables.records.push_back(out);
}

Fault find_fault(std::string_view record, const DecodeOptions& options) {
  Tables tables;
  DecodedRecord out;
  Fault fault;
  return read_tolerantly(record, options, tables, out, fault) ? Fault{} : fault;
}

}  // namespace rapidmarc
