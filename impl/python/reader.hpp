// The native part of `MARCReader`: hands out records one by one from the batches that its backend
// fetches.
//
// All of it runs under the interpreter's lock, except where a backend lets go of it. Several
// threads may share a reader: one of them fetches at a time, and each record goes to exactly one.
#pragma once

#include <pybind11/pybind11.h>

namespace rapidmarc::python {

void bind_reader(pybind11::module_& module);

}  // namespace rapidmarc::python
