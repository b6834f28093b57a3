// What a record views: its place in a batch, or memory of its own that holds the same.
#include <cstring>
#include <new>

#include "python/critical_section.hpp"
#include "python/record.hpp"

namespace rapidmarc::python {

void show(RecordObject* record, LiveBatch& batch, const DecodedRecord& decoded) {
  const Batch& source = batch.batch();
  record->data = source.bytes.data() + decoded.span.offset;
  record->length = decoded.span.length;
  record->entries = source.tables.entries.data() + decoded.first_entry;
  record->entry_count = decoded.entry_count;
  if (decoded.road == Road::image) {
    record->content = source.tables.images.data() + decoded.image;
    const Entry& last = record->entries[decoded.entry_count - 1];
    record->content_length = last.offset + last.length;
  } else {
    record->content = record->data;
    record->content_length = record->length;
  }
  record->ascii = decoded.ascii;
  record->canonical = decoded.canonical;
  record->encoding = decoded.encoding;
  record->from_reader = true;
  record->offset = source.offset + decoded.span.offset;
  if constexpr (has_interpreter_lock) {
    batch.add(record);
  } else if (!copy_out(record)) {
    // Views of one batch know each other, and nothing would order their owners: so each is a copy.
    record->data = nullptr;
    record->entry_count = 0;
    throw std::bad_alloc();
  }
}

// Lays record, entries and image one behind the other.
bool copy_out(RecordObject* record) noexcept {
  const bool has_image = record->content != record->data;
  const std::size_t table = sizeof(Entry) * record->entry_count;
  const std::size_t image = has_image ? record->content_length : 0;
  auto* const own = static_cast<char*>(PyMem_Malloc(table + record->length + image));
  if (own == nullptr) return false;
  if (table != 0) std::memcpy(own, record->entries, table);  // else they may be null
  if (record->length != 0) std::memcpy(own + table, record->data, record->length);
  if (has_image) std::memcpy(own + table + record->length, record->content, image);
  record->own = own;
  record->entries = reinterpret_cast<const Entry*>(own);
  record->data = own + table;
  record->content = has_image ? record->data + record->length : record->data;
  return true;
}

void show_copy(RecordObject* record, std::string_view content, std::span<const Entry> entries,
               bool ascii) {
  record->data = content.data();
  record->content = content.data();
  record->length = static_cast<std::uint32_t>(content.size());
  record->content_length = record->length;
  record->entries = entries.data();
  record->entry_count = static_cast<std::uint32_t>(entries.size());
  record->ascii = ascii;
  if (copy_out(record)) return;
  record->data = nullptr;
  record->entry_count = 0;
  throw std::bad_alloc();
}

bool decode_natively(RecordObject* record, std::string_view bytes, const DecodeOptions& options,
                     std::vector<Note>& notes) {
  Tables tables;
  decode_record(bytes, {0, static_cast<std::uint32_t>(bytes.size())}, options, tables);
  const DecodedRecord& decoded = tables.records.front();
  if (decoded.road == Road::hand_over) return false;
  const bool has_image = decoded.road == Road::image;
  const RecordObject before = *record;
  record->data = bytes.data();
  record->length = static_cast<std::uint32_t>(bytes.size());
  record->entries = tables.entries.data();
  record->entry_count = decoded.entry_count;
  record->content = has_image ? tables.images.data() : record->data;
  record->content_length =
      static_cast<std::uint32_t>(has_image ? tables.images.size() : bytes.size());
  record->ascii = decoded.ascii;
  record->canonical = decoded.canonical;
  if (!copy_out(record)) {
    *record = before;
    throw std::bad_alloc();
  }
  notes = std::move(tables.notes);
  return true;
}

}  // namespace rapidmarc::python
