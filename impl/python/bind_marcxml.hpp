// The fast road through MARCXML, for Python.
#pragma once

#include <pybind11/pybind11.h>

namespace rapidmarc::python {

/// Adds `_scan_marcxml` to the module.
void bind_marcxml(pybind11::module_& module);

}  // namespace rapidmarc::python
