// What a field can be asked; the functions behind the slots and methods of the type `Field`.
#pragma once

#include <pybind11/pybind11.h>

#include "python/field.hpp"

namespace rapidmarc::python {

bool is_control(FieldObject* field);
pybind11::object indicators_of(FieldObject* field);
pybind11::object indicator_of(FieldObject* field, int number);
/// The list of subfields, made if need be. Borrowed.
PyObject* subfield_list(FieldObject* field);

PyMethodDef* field_methods() noexcept;
PyObject* field_iter(PyObject* object);
PyObject* field_next(PyObject* object);
PyObject* field_get_item(PyObject* object, PyObject* code);
int field_set_item(PyObject* object, PyObject* code, PyObject* value);
int field_contains(PyObject* object, PyObject* code);
PyObject* field_str(PyObject* object);

}  // namespace rapidmarc::python
