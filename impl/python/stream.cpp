#include "python/stream.hpp"

#include <string>

#include "python/gil.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {

StreamBytes read_from_stream(const py::object& handle, const char* method, Py_ssize_t size) {
  py::object got;
  {
    const CallOut call;
    got = handle.attr(method)(size);
  }
  if (PyBytes_CheckExact(got.ptr())) {
    const std::string_view view{PyBytes_AS_STRING(got.ptr()),
                                static_cast<std::size_t>(PyBytes_GET_SIZE(got.ptr()))};
    return {std::move(got), view};
  }
  if (PyUnicode_Check(got.ptr())) {
    throw py::type_error("the file gives text, and MARC records are bytes: open it in binary mode");
  }
  if (got.is_none()) {
    PyErr_SetString(PyExc_BlockingIOError, "the stream is non-blocking and has no data now");
    throw py::error_already_set();
  }
  if (PyObject_CheckBuffer(got.ptr()) == 0) {
    throw py::type_error(std::string(method) + "() gave " + Py_TYPE(got.ptr())->tp_name +
                         ", not bytes");
  }
  // A copy: the object may change or go while its bytes are decoded without the interpreter's lock.
  py::object bytes = owned(PyBytes_FromObject(got.ptr()));
  const std::string_view view{PyBytes_AS_STRING(bytes.ptr()),
                              static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr()))};
  return {std::move(bytes), view};
}

}  // namespace rapidmarc::python
