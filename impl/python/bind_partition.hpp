// Binding of the search for places at which an input can be cut.
#pragma once

#include <pybind11/pybind11.h>

namespace rapidmarc::python {

void bind_partition(pybind11::module_& module);

}  // namespace rapidmarc::python
