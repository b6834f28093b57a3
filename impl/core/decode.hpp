// Decoding: one framed record becomes a table of its fields. No Python, no I/O, no state, no
// allocation but the tables of the batch it is handed.
//
// There are three roads. The fast one takes well-formed records and only notes where the fields
// lie. The tolerant one (tolerant.cpp) takes odd records and those in MARC-8, reads them as pymarc
// does and writes a well-formed image of their text in UTF-8. What neither takes (a faulty record,
// a non-ASCII subfield code, another character set) is handed over to the caller, who builds it
// field by field in Python. A road hands over; it never guesses.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/dialect.hpp"
#include "core/encoding.hpp"
#include "core/entry.hpp"
#include "core/error.hpp"
#include "core/frame.hpp"
#include "core/text_form.hpp"

namespace rapidmarc {

/// How a record's text is to be read; what pymarc's reader is told by to_unicode, force_utf8,
/// utf8_handling, file_encoding, and the form that its values are to have.
struct DecodeOptions {
  bool force_utf8 = false;  // UTF-8 whatever leader 09 says
  bool marc8 =
      true;  // records without 'a' in leader 09 are in MARC-8 (file_encoding is "iso8859-1")
  bool raw = false;          // to_unicode=False: nothing is decoded here
  bool quiet_marc8 = false;  // hide_utf8_warnings: no notes on characters that the sets do not have
  TextForm form;
  bool detect = false;  // each record's text is read in the encoding that it seems to have
  Dialect dialect = Dialect::marc21;
  bool recover = false;     // framing goes on behind damage (core/recover.hpp)
  bool only_check = false;  // a record that can be seen to be faultless need not be decoded

  /// For every record that is handed out; so all of them at once, not one by one.
  friend bool operator==(const DecodeOptions& one, const DecodeOptions& other) noexcept {
    static_assert(std::has_unique_object_representations_v<DecodeOptions>);
    return std::memcmp(&one, &other, sizeof one) == 0;
  }
};

/// Something pymarc tells its user while it decodes a record that it does deliver.
struct Note {
  enum class Kind : std::uint8_t { indicators_missing, indicator_single, indicators_many, marc8 };
  Kind kind = Kind::indicators_missing;
  std::uint32_t offset = 0;  // the field's data in the raw record
  std::uint32_t length = 0;
  std::string text;  // marc8: the line for stderr
};

enum class Road : std::uint8_t {
  fast,
  image,
  hand_over,
  passed,  // with `only_check`: would take one of the first two; has no entries
};

/// What decoding found out about one record; the tables it points into belong to the batch.
struct DecodedRecord {
  RecordSpan span{};              // the raw bytes in the block
  std::uint32_t first_entry = 0;  // in Tables::entries
  std::uint32_t entry_count = 0;
  std::uint32_t image = 0;       // Road::image: start of the content in Tables::images
  std::uint32_t first_note = 0;  // in Tables::notes
  std::uint32_t note_count = 0;
  Road road = Road::hand_over;
  bool ascii = false;      // every byte of the content is ASCII
  bool canonical = false;  // encoding the record anew gives the same bytes, leader 09 aside
  Encoding encoding = Encoding::unknown;  // with `detect`: what the text was taken for
  Error damage = Error::none;             // why the span is no whole record; then it is handed over
};

/// The tables of one batch. `clear` keeps their memory.
struct Tables {
  std::vector<DecodedRecord> records;
  Entries entries;
  std::string images;
  std::vector<Note> notes;

  void clear() noexcept {
    records.clear();
    entries.clear();
    images.clear();
    notes.clear();
  }
};

/// Decodes the record at `span` of `block` and appends it to `tables`.
void decode_record(std::string_view block, RecordSpan span, const DecodeOptions& options,
                   Tables& tables);

/// Where and why `record` cannot be decoded; `Error::none` when it can. For the report on a record
/// that failed: slow, and meant to agree with the exception that pymarc raises.
Fault find_fault(std::string_view record, const DecodeOptions& options);

}  // namespace rapidmarc
