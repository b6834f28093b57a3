// Salvage for Python: where the fields of a broken record lie. What becomes of their text is
// decided in rapidmarc/_salvage.py.
#pragma once

#include <pybind11/pybind11.h>

namespace rapidmarc::python {

void bind_salvage(pybind11::module_& module);

}  // namespace rapidmarc::python
