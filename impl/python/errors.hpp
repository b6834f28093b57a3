// The one place where a fault becomes a Python exception.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string_view>

#include "core/error.hpp"

namespace rapidmarc::python {

/// Where the reader met a fault.
struct Place {
  std::uint64_t record_index;
  std::uint64_t byte_offset;  // of the record in the input
  std::string_view record;    // its bytes, as far as known
};

/// A new exception for a fault that was not raised as one: the class and text that pymarc has for
/// its kind, located.
pybind11::object fault_exception(const Fault& fault, const Place& place);
/// The same for a fault of framing.
pybind11::object framing_exception(Error error, const Place& place);

/// Tells an exception that decoding a record raised where that was. `fault` adds the field and what
/// was wrong with it.
void locate(const pybind11::object& exception, const Place& place, const Fault& fault);

/// Raises the OSError for `error_number`, met with the file `name`.
[[noreturn]] void throw_file_error(int error_number, const pybind11::object& name);

}  // namespace rapidmarc::python
