#include "python/record_encode.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>

#include "core/format.hpp"
#include "core/utf8.hpp"
#include "python/field_attributes.hpp"
#include "python/imports.hpp"
#include "python/record_methods.hpp"
#include "python/subfields.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

/// A tag as it stands in the directory: numbers padded to three digits, others filled up with zeros
/// on the left.
std::string directory_tag(const py::object& tag) {
  if (PyUnicode_CheckExact(tag.ptr()) && PyUnicode_IS_ASCII(tag.ptr()) != 0 &&
      PyUnicode_GET_LENGTH(tag.ptr()) == 3) {
    return std::string(utf8_of(tag.ptr()));
  }
  if (tag.attr("isdigit")().cast<bool>())
    return py::str("{:03d}").format(py::int_(tag)).cast<std::string>();
  return py::str("{:>03}").format(tag).cast<std::string>();
}

LazyImport raw_field("rapidmarc.field", "RawField");

bool is_raw(const py::object& field) {
  return !is_exact_field(field.ptr()) && py::isinstance(field, raw_field.get());
}

/// Appends data and terminator of an exact `Field` in UTF-8. False when something about it needs
/// Python's own way of encoding (other objects than text, lone surrogates).
bool append_utf8(FieldObject* field, std::string& out) {
  if (field->holds_bytes()) {
    if (field->control || walks_whole(field->bytes().substr(2))) {
      out += field->bytes();
    } else {
      out += field->bytes().substr(0, 2);
      SubfieldWalk walk(field);  // leaves out empty subfields
      while (walk.next()) {
        out += subfield_delimiter;
        out += walk.raw_code();
        out += walk.raw_value();
      }
    }
    out += field_terminator;
    return true;
  }
  const auto append_text = [&out](PyObject* object) {
    if (!PyUnicode_CheckExact(object)) return false;
    Py_ssize_t size = 0;
    const char* const bytes = PyUnicode_AsUTF8AndSize(object, &size);
    if (bytes == nullptr) {
      PyErr_Clear();
      return false;
    }
    out.append(bytes, static_cast<std::size_t>(size));
    return true;
  };
  if (is_control(field)) {
    if (!append_text(owned(field_data(field)).ptr())) return false;
  } else {
    if (!append_text(indicator_of(field, 0).ptr()) || !append_text(indicator_of(field, 1).ptr()))
      return false;
    SubfieldWalk walk(field);
    while (walk.next()) {
      out += subfield_delimiter;
      if (walk.raw()) {
        out += walk.raw_code();
        out += walk.raw_value();
      } else if (!append_text(walk.code().ptr()) || !append_text(walk.value().ptr())) {
        return false;
      }
    }
  }
  out += field_terminator;
  return true;
}

/// Appends one field as pymarc's `as_marc` of a record does. Exact fields of text are encoded here,
/// all others by their own method.
void append_field(const py::object& field, const char* encoding, bool utf8, std::string& data) {
  if (utf8 && is_exact_field(field.ptr())) {
    const std::size_t before = data.size();
    if (append_utf8(as_field(field.ptr()), data)) return;
    data.resize(before);
  }
  const py::object bytes = is_raw(field) ? field.attr("as_marc")()
                                         : field.attr("as_marc")(py::arg("encoding") = encoding);
  char* start = nullptr;
  Py_ssize_t size = 0;
  checked(PyBytes_AsStringAndSize(bytes.ptr(), &start, &size));
  data.append(start, static_cast<std::size_t>(size));
}

/// Tells which record it is: its number in the input and its control number, as far as it has them.
std::string name_of(RecordObject* self) {
  std::string name = "record";
  if (self->from_reader) name += " " + std::to_string(self->index);
  const py::handle record(reinterpret_cast<PyObject*>(self));
  const py::object number = record.attr("get")("001");
  if (!number.is_none() && PyUnicode_Check(py::object(number.attr("data")).ptr())) {
    name += " (001 " + py::str(number.attr("data")).cast<std::string>() + ")";
  }
  return name;
}

[[noreturn]] void throw_marc8_error(RecordObject* self, const std::string& tag,
                                    const Marc8FieldError& error) {
  std::string what = name_of(self) + ", tag " + tag;
  if (error.subfield_code != 0) what += std::string(", subfield ") + error.subfield_code;
  if (error.code_point == 0) throw py::value_error(what + ": the text is not valid UTF-8");
  char number[16];
  std::snprintf(number, sizeof number, "U+%04X", static_cast<unsigned>(error.code_point));
  what += std::string(": MARC-8 cannot express ") + number;
  throw py::value_error(
      what + (error.referable ? "; with numeric_references=True a reference is written" : ""));
}

/// Appends one field in MARC-8. Undecoded fields of a record that is not in UTF-8 are in MARC-8
/// already.
void append_marc8_field(RecordObject* self, const py::object& field, bool record_is_utf8,
                        Marc8Unmappable unmappable, std::string& data) {
  if (is_raw(field) && !record_is_utf8) return append_field(field, "utf-8", true, data);
  std::string utf8;
  append_field(field, "utf-8", true, utf8);
  const bool is_control = field.attr("control_field").cast<bool>();
  const auto error = marc8_encode_field(utf8, is_control, data, unmappable);
  if (error) throw_marc8_error(self, py::str(field.attr("tag")).cast<std::string>(), *error);
}

/// The first field of a view from `number` on that is not what was read any more; else their count.
std::uint32_t next_touched(RecordObject* self, std::uint32_t number) {
  for (number = std::max(number, self->made_begin); number < self->made_end; ++number) {
    PyObject* const made = self->made[number];
    if (made != nullptr && !as_field(made)->untouched()) return number;
  }
  return self->entry_count;
}

bool is_untouched(RecordObject* self, std::uint32_t first_touched) {
  return self->is_view() && self->leader == nullptr && self->canonical &&
         first_touched == self->entry_count;
}

/// Whether the fields that nobody touched are bytes that can be taken over in runs.
bool has_runs(RecordObject* self) {
  return self->is_view() && self->canonical && self->content == self->data;
}

/// The bytes that the record came from, with `coding_scheme` in leader 09.
std::string_view own_bytes(RecordObject* self, char coding_scheme, RecordEncoder& encoder) {
  if (self->data[coding_scheme_position] == coding_scheme) return self->bytes();
  std::string& bytes = encoder.keep(self->bytes());
  bytes[coding_scheme_position] = coding_scheme;
  return bytes;
}

/// Leader 09 becomes 'a', in a `Leader` or in whatever a user put in its place.
void mark_as_utf8(RecordObject* self) {
  if (self->leader == nullptr) {
    self->coded_as_utf8 = true;
    return;
  }
  const py::object leader = leader_of(self);
  if (py::isinstance(leader, py::handle(reinterpret_cast<PyObject*>(imports().leader)))) {
    leader.attr("coding_scheme") = py::str("a");
    return;
  }
  const py::object head = leader[py::slice(0, 9, 1)];
  const py::object tail = leader[py::slice(10, std::nullopt, 1)];
  const py::object marked = head + py::str("a") + tail;
  Py_XSETREF(self->leader, Py_NewRef(marked.ptr()));
}

bool is_coded_as_utf8(RecordObject* self) {
  if (self->leader == nullptr)
    return self->coded_as_utf8 ||
           (self->data != nullptr && self->data[coding_scheme_position] == 'a');
  return py::str(leader_of(self)[py::int_(9)]).equal(py::str("a"));
}

/// The characters [first, last) of a leader that is an object, in `encoding`.
std::string leader_part(RecordObject* self, std::size_t first, std::size_t last,
                        const char* encoding) {
  const auto end = last < leader_length ? std::optional<std::size_t>(last) : std::nullopt;
  const py::object part = py::str(leader_of(self)[py::slice(first, end, 1)]);
  return owned(PyUnicode_AsEncodedString(part.ptr(), encoding, "strict")).cast<std::string>();
}

void require_sizes(const SizeFault& fault) {
  if (fault.fits) return;
  const std::string what = fault.tag.empty() ? "the record" : "field " + fault.tag;
  const std::size_t most = fault.tag.empty() ? longest_record : longest_field;
  throw py::value_error(what + " has " + std::to_string(fault.size) +
                        " bytes, and the format cannot state more than " + std::to_string(most) +
                        "; see oversize=");
}

/// The bytes of an untouched record, if encoding would give just these.
std::optional<std::string_view> canonical_bytes(RecordObject* self, const EncodeOptions& options,
                                                bool to_unicode, std::uint32_t first_touched,
                                                RecordEncoder& encoder) {
  if (!is_untouched(self, first_touched)) return std::nullopt;
  if (options.marc8) {
    // Printable ASCII reads the same in MARC-8, where a terminator within a field would vanish.
    if (!self->ascii || !scan_text(self->bytes().substr(leader_length)).plain) return std::nullopt;
    if (count_terminators(self->bytes()) != self->entry_count + std::size_t{2}) return std::nullopt;
    return own_bytes(self, ' ', encoder);
  }
  const bool is_utf8 = self->coded_as_utf8 || self->data[coding_scheme_position] == 'a';
  if (to_unicode) self->coded_as_utf8 = true;
  // Without 'a' the text would be encoded in Latin-1, which is the same for ASCII only.
  if (!is_utf8 && !to_unicode && !self->ascii) return std::nullopt;
  return own_bytes(self, is_utf8 || to_unicode ? 'a' : self->data[coding_scheme_position], encoder);
}

// One that this thread used before. A record may be encoded while another is, by Python code that
// runs meanwhile.
thread_local std::unique_ptr<RecordEncoder> spare_of_thread;
constexpr std::size_t most_kept = 1 << 20;  // bytes that stay reserved

}  // namespace

Oversize oversize_of(std::string_view name) {
  if (name == "error") return Oversize::error;
  if (name == "pymarc") return Oversize::spill;
  if (name == "zero") return Oversize::zero;
  throw py::value_error("oversize is 'error', 'pymarc' or 'zero', not '" + std::string(name) + "'");
}

std::string_view encode(RecordObject* self, const EncodeOptions& options, RecordEncoder& encoder) {
  // First of all: what users put there may run anything when it is asked.
  const bool to_unicode = is_true(self->to_unicode);
  const bool force_utf8 = is_true(self->force_utf8);
  // An object in place of the leader is asked for things too; else nothing runs until a field is.
  const bool is_plain = self->is_view() && self->leader == nullptr;
  const std::uint32_t first_touched = is_plain ? next_touched(self, 0) : 0;
  if (const auto bytes = canonical_bytes(self, options, to_unicode, first_touched, encoder))
    return *bytes;
  if (to_unicode && !options.marc8) mark_as_utf8(self);
  const bool utf8 = force_utf8 || is_coded_as_utf8(self);
  const char* const encoding = utf8 || options.marc8 ? "utf-8" : "iso8859-1";

  std::string& data = encoder.data();
  const auto append = [&](const py::object& field) {
    const std::size_t before = data.size();
    if (options.marc8) {
      append_marc8_field(self, field, utf8, options.unmappable, data);
    } else {
      append_field(field, encoding, utf8, data);
    }
    FieldObject* const exact = is_exact_field(field.ptr()) ? as_field(field.ptr()) : nullptr;
    // A tag that was read has three characters and goes back as it is.
    if (exact != nullptr && exact->tag == nullptr) {
      encoder.add_entry({exact->tag_text, sizeof exact->tag_text}, data.size() - before);
    } else {
      encoder.add_entry(directory_tag(field.attr("tag")), data.size() - before);
    }
  };
  if (has_runs(self) && utf8 && !options.marc8) {
    // Only the fields that somebody touched are encoded; the others are bytes already, one field
    // behind the other.
    encoder.begin(options.oversize, self->entry_count);
    for (std::uint32_t next = 0; next < self->entry_count;) {
      const std::uint32_t first = next;
      next = first == 0 && is_plain ? first_touched : next_touched(self, first);
      if (next == first) {
        append(py::reinterpret_borrow<py::object>(self->made[next++]));
        // A field that is not encoded here may run anything.
        if (!has_runs(self))
          throw std::runtime_error(name_of(self) + " was changed while it was encoded");
        continue;
      }
      const std::span entries(self->entries + first, self->entries + next);
      encoder.add_entries(self->bytes().substr(leader_length + first * directory_entry_length,
                                               entries.size() * directory_entry_length),
                          entries);
      const std::uint32_t begin = entries.front().offset;
      data.append(self->content + begin, entries.back().offset + entries.back().length + 1 - begin);
    }
  } else {
    const py::object list = field_list(self);
    // Not by the list's own word, which may be of a user's class.
    const Py_ssize_t count = PyList_Check(list.ptr()) ? PyList_GET_SIZE(list.ptr()) : 0;
    encoder.begin(options.oversize, static_cast<std::size_t>(count));
    for (const py::handle field : list) append(py::reinterpret_borrow<py::object>(field));
  }
  if (options.oversize == Oversize::error) require_sizes(encoder.fault());
  if (self->leader == nullptr) {
    auto leader = view_leader(self);
    if (options.marc8) leader[coding_scheme_position] = ' ';
    const std::string_view characters(leader.data(), leader.size());
    return encoder.finish(characters.substr(5, 7), characters.substr(17));
  }
  std::string leader_05_11 = leader_part(self, 5, 12, encoding);
  constexpr std::size_t coding_scheme = coding_scheme_position - length_field_length;
  if (options.marc8) leader_05_11.at(coding_scheme) = ' ';
  return encoder.finish(leader_05_11, leader_part(self, 17, leader_length, encoding));
}

EncoderLease::EncoderLease() : EncoderLease(spare_of_thread) {}

EncoderLease::EncoderLease(std::unique_ptr<RecordEncoder>& spare)
    : spare_(spare), encoder_(std::move(spare)) {
  if (!encoder_) encoder_ = std::make_unique<RecordEncoder>();
}

EncoderLease::~EncoderLease() {
  if (encoder_->memory() <= most_kept) spare_ = std::move(encoder_);
}

}  // namespace rapidmarc::python
