// Bytes from a Python object's `read`.
#pragma once

#include <pybind11/pybind11.h>

#include <string_view>

namespace rapidmarc::python {

/// What one call of `read` gave: an object and its bytes, empty at the end of the stream.
struct StreamBytes {
  pybind11::object owner;
  std::string_view view;
};

/// Calls `handle.METHOD(size)`; a negative size reads to the end. Exceptions of the method pass
/// through. Raises TypeError for text and for other things that are not bytes, BlockingIOError for
/// None, which a non-blocking stream gives when nothing is there.
StreamBytes read_from_stream(const pybind11::object& handle, const char* method, Py_ssize_t size);

}  // namespace rapidmarc::python
