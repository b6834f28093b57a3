// Making, unpacking and freeing `Subfield` and `Indicators`, the named tuples of two of which every
// data field is made. With the interpreter's lock held.
#pragma once

#include <pybind11/pybind11.h>

namespace rapidmarc::python {

/// A new `Subfield` or `Indicators`; steals both references. Null with an exception set when one of
/// them is null or there is no memory.
PyObject* new_pair(PyTypeObject* type, PyObject* first, PyObject* second) noexcept;

/// Lets objects of `type`, a subclass of tuple made in Python, without a dict or slots, be freed
/// and iterated over here. Its subclasses are treated as all classes are. Throws
/// py::error_already_set.
void keep_pairs(PyTypeObject* type);

}  // namespace rapidmarc::python
