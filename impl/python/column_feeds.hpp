// What a selection of columns needs of Python: bytes of its objects, and the slow road for odd
// records. Used by threads that hold the interpreter's lock or do not; whatever needs it takes it.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>

#include "columns/column_reader.hpp"

namespace rapidmarc::python {

namespace py = pybind11;

/// Batches from an object with `read`, one thread decoding.
std::unique_ptr<columns::BatchFeed> feed_of_handle(py::object handle, const ChunkOptions& options);

/// Batches from the bytes [start, stop) of an object with the buffer protocol, which is held as
/// long as the feed lives.
std::unique_ptr<columns::BatchFeed> feed_of_buffer(const py::object& buffer, std::uint64_t start,
                                                   std::uint64_t stop, const ChunkOptions& options);

std::unique_ptr<columns::OddRecords> odd_records();

}  // namespace rapidmarc::python
