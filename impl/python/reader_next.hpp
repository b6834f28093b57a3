// What a reader is asked for most: its records, one by one or by the batch. The functions behind
// the slots and methods of the type `MARCReader`.
#pragma once

#include <pybind11/pybind11.h>

namespace rapidmarc::python {

/// The next record, or None for one that cannot be delivered. New reference; null without an
/// exception at the end.
PyObject* reader_next(PyObject* object);
/// What is left of the current batch, or the next one, as a list; empty at the end.
PyObject* reader_next_batch(PyObject* object, PyObject* unused);
/// Goes on like `next`, but makes no objects of faultless records, and tells none of the
/// notes on them. Stops at the end and behind what `next` gives as None: (number of records passed,
/// whether that was the end). Raises what `next` raises; then the number is in the reader's stats
/// alone.
PyObject* reader_pass_over(PyObject* object, PyObject* unused);

}  // namespace rapidmarc::python
