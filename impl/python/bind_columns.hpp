// Binding of the columns: paths, plans, and the capsules in which Arrow's structures travel.
#pragma once

#include <pybind11/pybind11.h>

namespace rapidmarc::python {

void bind_columns(pybind11::module_& module);

}  // namespace rapidmarc::python
