// The parts of a field: tag, data, indicators, subfields. Each is made from the field's bytes when
// asked for; the functions behind the attributes of the type `Field`.
#pragma once

#include <pybind11/pybind11.h>

#include "python/field.hpp"

namespace rapidmarc::python {

bool is_control(FieldObject* field);
/// New reference, or null with an exception set.
PyObject* field_data(FieldObject* field) noexcept;
pybind11::object indicators_of(FieldObject* field);
pybind11::object indicator_of(FieldObject* field, int number);
/// The list of subfields, made if need be. To be held as long as it is used: its own code may take
/// it away from the field.
pybind11::object subfield_list(FieldObject* field);

/// Checks and assigns; None changes nothing.
void set_indicators(FieldObject* self, PyObject* value);
/// A field becomes known to the garbage collector once it holds something that could lead back to
/// it.
void track(FieldObject* self) noexcept;

inline bool is_list_or_tuple(PyObject* value) {
  return PyList_Check(value) || PyTuple_Check(value);
}

PyGetSetDef* field_attributes() noexcept;

}  // namespace rapidmarc::python
