#include "python/errors.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include "core/directory.hpp"
#include "core/format.hpp"
#include "python/imports.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

const char* class_of(Error error) {
  switch (error) {
    case Error::length_not_a_number:
    case Error::length_too_small: return "RecordLengthInvalid";
    case Error::record_truncated:
    case Error::field_cut: return "TruncatedRecord";
    case Error::leader_not_ascii: return "RecordLeaderInvalid";
    case Error::directory_ragged:
    case Error::field_misplaced:
    case Error::field_not_found:
    case Error::field_unlisted: return "RecordDirectoryInvalid";
    default: return "EndOfRecordNotFound";
  }
}

/// The data of the first field 001, when the directory leads to one.
std::optional<std::string> control_number(std::string_view record) {
  if (record.size() < leader_length) return std::nullopt;
  const auto base = parse_digits(record.substr(base_address_position, length_field_length));
  if (!base || *base > record.size()) return std::nullopt;
  for (std::size_t at = leader_length; at + directory_entry_length < *base;
       at += directory_entry_length) {
    const std::string_view entry = record.substr(at, directory_entry_length);
    if (!entry.starts_with("001")) continue;
    EntryNumbers numbers{};
    if (!read_entry_numbers(entry.data(), numbers) || numbers.field_length == 0)
      return std::nullopt;
    const std::size_t start = *base + numbers.starting_position;
    if (start >= record.size()) return std::nullopt;
    return std::string(record.substr(start, numbers.field_length - 1));
  }
  return std::nullopt;
}

void set(const py::object& exception, const char* name, const py::object& value) {
  if (PyObject_SetAttrString(exception.ptr(), name, value.ptr()) != 0) PyErr_Clear();
}

}  // namespace

py::object fault_exception(const Fault& fault, const Place& place) {
  py::object exception = py::handle(imports().exceptions).attr(class_of(fault.error))();
  locate(exception, place, fault);
  return exception;
}

py::object framing_exception(Error error, const Place& place) {
  Fault fault;
  fault.error = error;
  return fault_exception(fault, place);
}

void locate(const py::object& exception, const Place& place, const Fault& fault) {
  set(exception, "record_index", py::int_(place.record_index));
  set(exception, "byte_offset", py::int_(place.byte_offset));
  if (const auto number = control_number(place.record)) {
    set(exception, "control_number",
        owned(PyUnicode_DecodeUTF8(number->data(), static_cast<Py_ssize_t>(number->size()),
                                   "replace")));
  } else {
    set(exception, "control_number", py::none());
  }
  const bool has_tag = fault.tag[0] != '\0';
  set(exception, "tag", has_tag ? py::object(py::str(fault.tag.data())) : py::none());
  set(exception, "position",
      fault.error == Error::none ? py::none() : py::object(py::int_(fault.position)));
  set(exception, "detail",
      fault.error == Error::none ? py::none() : py::object(py::str(describe(fault))));
}

void throw_file_error(int error_number, const py::object& name) {
  if (error_number == ENOMEM) throw std::bad_alloc();
  errno = error_number;
  PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, name ? name.ptr() : nullptr);
  throw py::error_already_set();
}

}  // namespace rapidmarc::python
