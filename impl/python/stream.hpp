// Bytes from a Python object's `read`.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
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

/// Bytes read from a stream that belong to a piece which is not whole yet, or lie behind one.
class Carry {
 public:
  std::string_view view() const noexcept { return std::string_view(bytes_).substr(from_); }
  bool empty() const noexcept { return from_ == bytes_.size(); }
  void append(std::string_view bytes) { bytes_ += bytes; }

  /// Forgets the first `size` bytes. What is left is moved rarely enough for the time to be linear.
  void drop(std::size_t size) {
    from_ += size;
    if (from_ > bytes_.size() / 2) {
      bytes_.erase(0, from_);
      from_ = 0;
    }
  }

 private:
  std::string bytes_;
  std::size_t from_ = 0;
};

}  // namespace rapidmarc::python
