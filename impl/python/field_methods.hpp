// What a field can be asked; the functions behind the slots and methods of the type `Field`.
#pragma once

#include <pybind11/pybind11.h>

#include "python/field.hpp"

namespace rapidmarc::python {

PyMethodDef* field_methods() noexcept;
PyObject* field_iter(PyObject* object);
PyObject* field_next(PyObject* object);
PyObject* field_get_item(PyObject* object, PyObject* code);
int field_set_item(PyObject* object, PyObject* code, PyObject* value);
int field_contains(PyObject* object, PyObject* code);
PyObject* field_str(PyObject* object);

}  // namespace rapidmarc::python
