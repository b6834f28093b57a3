// From the bytes of a record to Python's strings and back, and the small tools at the border to the
// C API: owning its results, checking them, turning exceptions.
#pragma once

#include <pybind11/pybind11.h>

#include <cstring>
#include <string_view>

#include "python/gil.hpp"

namespace rapidmarc::python {

namespace py = pybind11;

/// `new_text` of characters that may be wider than ASCII.
PyObject* new_wide_text(std::string_view utf8) noexcept;

/// A new reference or null with an exception set. `utf8` must be valid, as the text of a record is
/// that was decoded. `ascii`: the caller knows that every byte is.
inline PyObject* new_text(std::string_view utf8, bool ascii) noexcept {
  if (!ascii) return new_wide_text(utf8);
  const auto size = static_cast<Py_ssize_t>(utf8.size());
  if (size == 0) return PyUnicode_FromStringAndSize(nullptr, 0);
  PyObject* text = PyUnicode_New(size, 127);
  if (text != nullptr) std::memcpy(PyUnicode_1BYTE_DATA(text), utf8.data(), utf8.size());
  return text;
}

/// The same as an object.
inline py::object text(std::string_view utf8, bool ascii) {
  PyObject* made = new_text(utf8, ascii);
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

/// A text of bytes that may be anything: UnicodeDecodeError if they are not UTF-8.
inline py::object text(std::string_view bytes) {
  PyObject* made =
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "strict");
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

/// The UTF-8 form of a `str`; valid as long as the object is. Throws for lone surrogates.
inline std::string_view utf8_of(PyObject* unicode) {
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(unicode, &size);
  if (bytes == nullptr) throw py::error_already_set();
  return {bytes, static_cast<std::size_t>(size)};
}

/// The character of a `str` of one ASCII character, else -1.
inline int ascii_character(PyObject* object) noexcept {
  if (!PyUnicode_Check(object) || PyUnicode_GET_LENGTH(object) != 1) return -1;
  const Py_UCS4 character = PyUnicode_READ_CHAR(object, 0);
  return character < 0x80 ? static_cast<int>(character) : -1;
}

/// Checks the result of a C API call: throws the exception that is set when it is null, owns it
/// otherwise.
inline py::object owned(PyObject* result) {
  if (result == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(result);
}

inline void checked(int result) {
  if (result < 0) throw py::error_already_set();
}

/// Python's `bool(object)`, which may run code of the object's own.
inline bool is_true(PyObject* object) {
  const int truth = PyObject_IsTrue(object);
  checked(truth);
  return truth == 1;
}

/// Puts a new reference to `value` in `place`, and only then lets go of what was there: that may
/// run Python code, which must not meet it.
inline void assign(PyObject*& place, PyObject* value) noexcept {
  PyObject* const old = place;
  place = Py_NewRef(value);
  Py_XDECREF(old);
}

/// Runs `body` and turns C++ exceptions into Python's: the border between the C API's slots and the
/// rest. Returns `failed` when there was one. Not noexcept: an interpreter that ends may, after
/// some waiting, unwind a thread of its through here.
template <typename Result, typename Body>
Result guarded(Result failed, Body body) {
  const Inside inside;
  try {
    return body();
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const py::builtin_exception& error) {
    error.set_error();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return failed;
}

template <typename Body>
PyObject* guarded(Body body) {
  return guarded<PyObject*>(nullptr, [&body] { return body().release().ptr(); });
}

}  // namespace rapidmarc::python
