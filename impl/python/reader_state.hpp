// What a reader keeps between two calls: its options, its backend, the batch it hands records out
// of; and the turn that a thread must have to replace that batch.
//
// For the files of the reader only: reader_source.cpp opens and closes, reader_next.cpp hands out
// records, reader.cpp has the type. Everything here is called with the interpreter's lock held.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

#include "core/decode.hpp"
#include "parallel/worker_pool.hpp"
#include "python/backend.hpp"
#include "python/live_batch.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {

/// What pymarc's reader is told by its arguments, and what we add; looked at for each record,
/// because programs change them on the way.
struct ReaderOptions {
  py::object to_unicode = py::bool_(true);
  py::object force_utf8 = py::bool_(false);
  py::object hide_utf8_warnings = py::bool_(false);
  py::object utf8_handling = py::str("strict");
  py::object file_encoding = py::str("iso8859-1");
  py::object normalize = py::none();
  py::object expand_references = py::bool_(false);
  py::object encoding = py::none();
  py::object dialect = py::str("marc21");
  DecodeOptions decode;  // what they come to

  /// Brings `decode` up to date; throws ValueError for a `normalize`, `encoding` or `dialect` that
  /// there is not.
  void update();
};

/// The dialect called "marc21", "unimarc" or "latin1"; throws ValueError for another.
Dialect dialect_of(const py::object& name);

struct ReaderState {
  ReaderOptions options;
  std::shared_ptr<Backend> backend;
  py::object name;  // of the file, for errors

  std::unique_ptr<LiveBatch> current;
  std::size_t next_record = 0;  // of the current batch
  std::uint64_t index = 0;      // of the next record in the input
  std::uint64_t position = 0;   // right behind the last record delivered
  std::string_view chunk;       // of the last `next`, in the current batch
  py::object chunk_object;      // the same as bytes; null until asked for
  py::object exception;
  py::dict errors;         // how many bad records there were, by the class of their exception
  py::object on_bad;       // decides about bad records; null: None is delivered, as pymarc does
  bool has_chunk = false;  // `next` was called
  bool stopped_for_good = false;  // a fault that pymarc does not go on behind
  bool closed = false;

  std::unique_ptr<std::timed_mutex> fetching = std::make_unique<std::timed_mutex>();
  std::thread::id fetcher;
  std::uint64_t forks = fork_count();
  ReaderCounts counts;
  QueueCounts queue;  // of a backend that has gone

  void count_record(std::size_t bytes) noexcept {
    ++counts.records;
    counts.bytes += bytes;
  }
};

struct ReaderObject {
  PyObject_HEAD ReaderState* state;
};

/// The state of a reader; throws ValueError for one that was not initialized.
inline ReaderState& state_of(PyObject* object) {
  ReaderState* const state = reinterpret_cast<ReaderObject*>(object)->state;
  if (state == nullptr) throw py::value_error("MARCReader.__init__() was not called");
  return *state;
}

/// Lets go of the current batch; bytes of a fault are kept.
void leave_current(ReaderState& state);

/// One thread at a time may fetch; the others wait without the interpreter's lock.
class FetchTurn {
 public:
  explicit FetchTurn(ReaderState& state);
  FetchTurn(const FetchTurn&) = delete;
  FetchTurn& operator=(const FetchTurn&) = delete;
  ~FetchTurn();

 private:
  ReaderState& state_;
};

/// Sets the caller's file object, if one is read ahead of the records, right behind the last record
/// delivered.
void put_handle_behind(ReaderState& state);

/// What happened in the queue; also when the backend has gone.
QueueCounts queue_counts(const ReaderState& state);

/// Ends a backend's threads without the lock, then the backend with it.
void retire(ReaderState& state);

}  // namespace rapidmarc::python
