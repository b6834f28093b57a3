// Gives MARC-8 to Python, for marc8.py and marc8_mapping.py.
#pragma once

#include <pybind11/pybind11.h>

namespace rapidmarc::python {

void bind_marc8(pybind11::module_& module);

}  // namespace rapidmarc::python
