#include "python/errors.hpp"

#include <cerrno>
#include <string>

#include "core/directory.hpp"
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
  if (const auto number = find_field(place.record, "001")) {
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
