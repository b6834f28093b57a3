// Where a reader's bytes come from: opening and closing its source. The functions behind the
// methods of the type `MARCReader`.
#pragma once

#include <pybind11/pybind11.h>

namespace rapidmarc::python {

/// _open(backend, source, threads, batch_bytes, batch_records, queue_bytes, queue_records,
/// on_overflow, name, on_bad, start, stop, index)
PyObject* reader_open(PyObject* object, PyObject* args);
PyObject* reader_close(PyObject* object, PyObject* unused);
/// Sets the caller's file object right behind the last record delivered.
PyObject* reader_sync_handle(PyObject* object, PyObject* unused);

}  // namespace rapidmarc::python
