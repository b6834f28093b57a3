// What a record can be asked; the functions behind the slots and methods of the type `Record`.
#pragma once

#include <pybind11/pybind11.h>

#include <array>

#include "core/format.hpp"
#include "python/record.hpp"

namespace rapidmarc::python {

/// Makes the record known to the garbage collector: it holds something that could lead back to it.
void track(RecordObject* record) noexcept;
/// The place for the field made of entry `number`; null in one not made yet.
PyObject*& field_place(RecordObject* record, std::uint32_t number);
/// Drops list and fields made so far.
void forget_fields(RecordObject* record) noexcept;

pybind11::object leader_of(RecordObject* self);
/// The leader's characters, without making a `Leader` of them.
pybind11::object leader_text(RecordObject* self);
/// The leader as the view has it; blanks if there is none.
std::array<char, leader_length> view_leader(const RecordObject* self) noexcept;
/// The list of fields, made if need be. To be held as long as it is used: its own code may take it
/// away from the record.
pybind11::object field_list(RecordObject* self);

PyMethodDef* record_methods() noexcept;
PyObject* record_iter(PyObject* object);
PyObject* record_next(PyObject* object);
PyObject* record_get_item(PyObject* object, PyObject* tag);
int record_contains(PyObject* object, PyObject* wanted);

}  // namespace rapidmarc::python
