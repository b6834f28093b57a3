// Bytes of a Python object that speaks the buffer protocol.
#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>
#include <string_view>

namespace rapidmarc::python {

/// Holds the bytes of an object from which Python can give them; throws BufferError or TypeError
/// for another. They stay where they are until the view goes, even if the object could resize.
class BufferView {
 public:
  explicit BufferView(pybind11::handle object) {
    if (PyObject_GetBuffer(object.ptr(), &buffer_, PyBUF_SIMPLE) != 0) {
      throw pybind11::error_already_set();
    }
  }
  BufferView(const BufferView&) = delete;
  BufferView& operator=(const BufferView&) = delete;
  ~BufferView() { PyBuffer_Release(&buffer_); }

  std::string_view bytes() const noexcept {
    return {static_cast<const char*>(buffer_.buf), static_cast<std::size_t>(buffer_.len)};
  }

 private:
  Py_buffer buffer_{};
};

}  // namespace rapidmarc::python
