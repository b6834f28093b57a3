// The native part of `Record`: a view into the batch it was decoded in, until something changes it.
//
// While it is a view, fields are made one by one when asked for, and kept, so that the same tag
// gives the same object. Once somebody takes the list of fields (`record.fields`), that list is the
// truth. The leader likewise. Rarely used methods and the properties are written in Python
// (rapidmarc/_record_methods.py) and attached to this type.
//
// Everything here is called with the interpreter's lock held. A record must not be changed by one
// thread while another uses it.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "core/decode.hpp"
#include "python/field.hpp"
#include "python/live_batch.hpp"

namespace rapidmarc::python {

struct RecordObject {
  PyObject_HEAD
      // The view. `content` is what the entries' offsets count from: `data` itself, or the image of
      // an odd record.
      const char* data;  // null: the record did not come from bytes
  const char* content;
  const Entry* entries;
  std::uint32_t length;
  std::uint32_t content_length;
  std::uint32_t entry_count;
  bool ascii;
  Encoding encoding;       // that it was found to be in, if that was looked for
  bool canonical;          // encoding it again gives the same bytes, leader 09 aside
  bool coded_as_utf8;      // leader 09 has become 'a' since
  LiveBatch* batch;        // that the view points into; null: into `own`
  RecordObject* previous;  // among the live records of `batch`
  RecordObject* next;
  char* own;  // memory of its own; null while a view into a batch

  // Fields made so far, one place an entry, of which those before `made_begin` and from `made_end`
  // on mean nothing. Null: none yet.
  PyObject** made;
  std::uint32_t made_begin;
  std::uint32_t made_end;
  PyObject* fields;  // null: those of the view; else the list
  PyObject* leader;  // null: that of the view; else a Leader, or what a user put there
  PyObject* to_unicode;
  PyObject* force_utf8;
  PyObject* pos;         // null: 0
  PyObject* errors;      // list of what salvage met; null: nothing
  Py_ssize_t position;   // of the iteration
  std::uint64_t offset;  // of the first byte in the input
  std::uint64_t index;   // number of the record in the input, from 0
  bool from_reader;      // offset and index are known

  std::string_view bytes() const noexcept { return {data, length}; }
  bool is_view() const noexcept { return fields == nullptr && data != nullptr; }
  /// The field made of entry `number`, or null.
  PyObject* made_of(std::uint32_t number) const noexcept {
    return number >= made_begin && number < made_end ? made[number] : nullptr;
  }
};

PyTypeObject* record_type() noexcept;
inline RecordObject* as_record(PyObject* object) noexcept {
  return reinterpret_cast<RecordObject*>(object);
}
inline bool is_record(PyObject* object) noexcept {
  return PyObject_TypeCheck(object, record_type()) != 0;
}

/// An exact `Record` without content. New reference, or null with an exception set.
RecordObject* new_record(PyObject* to_unicode, PyObject* force_utf8) noexcept;

/// Makes `record` a view of `decoded`, a record of `batch`; where the interpreter has no lock, a
/// copy of it. Throws when there is no memory.
void show(RecordObject* record, LiveBatch& batch, const DecodedRecord& decoded);

/// Gives `record` a copy of what it views. False when there is no memory.
bool copy_out(RecordObject* record) noexcept;

/// Makes `record`, which has no content yet, a view of a copy of `content`: a leader, then the data
/// of the fields, at the places that `entries` say.
void show_copy(RecordObject* record, std::string_view content, std::span<const Entry> entries,
               bool ascii);

/// Decodes `bytes` into `record`, which has no fields yet, if the native roads can; whether they
/// did.
bool decode_natively(RecordObject* record, std::string_view bytes, const DecodeOptions& options,
                     std::vector<Note>& notes);

void bind_record(pybind11::module_& module);

}  // namespace rapidmarc::python
