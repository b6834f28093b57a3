// The native part of `MARCWriter`: a file that takes whole records and is written by a thread of
// its own, or block by block by the caller (io/sink.hpp).
#pragma once

#include <pybind11/pybind11.h>

namespace rapidmarc::python {

void bind_writer(pybind11::module_& module);

/// To be called at exit, with the lock held, when no other Python thread runs any more: writes what
/// open files still hold and ends their threads.
void finish_open_files();

}  // namespace rapidmarc::python
