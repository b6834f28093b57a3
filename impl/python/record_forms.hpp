// The forms a record is written in besides ISO 2709: dict, MARC-in-JSON, MARCXML.
#pragma once

#include <pybind11/pybind11.h>

namespace rapidmarc::python {

/// `Record.as_dict`.
PyObject* record_as_dict(PyObject* object, PyObject* unused);

/// Adds `_json_of` and `_xml_of` to the module.
void bind_record_forms(pybind11::module_& module);

}  // namespace rapidmarc::python
