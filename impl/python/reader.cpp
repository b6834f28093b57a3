#include "python/reader.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "core/format.hpp"
#include "parallel/worker_pool.hpp"
#include "python/backend.hpp"
#include "python/buffer_view.hpp"
#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/imports.hpp"
#include "python/live_batch.hpp"
#include "python/record.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

/// One of several `next` calls is timed, and stands for all of them.
constexpr std::uint64_t timed_one_in = 64;

/// The form named by `normalize`, which is None, "NFC" or "NFD".
NormalForm normal_form_of(const py::object& normalize) {
  if (normalize.is_none()) return NormalForm::as_it_is;
  if (normalize.equal(py::str("NFC"))) return NormalForm::nfc;
  if (normalize.equal(py::str("NFD"))) return NormalForm::nfd;
  throw py::value_error("normalize is None, 'NFC' or 'NFD', not " +
                        py::repr(normalize).cast<std::string>());
}

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
  DecodeOptions decode;  // what they come to

  void update() {
    const auto truth = [](const py::object& object) {
      const int value = PyObject_IsTrue(object.ptr());
      checked(value);
      return value == 1;
    };
    DecodeOptions next;
    next.raw = !truth(to_unicode);
    next.force_utf8 = truth(force_utf8);
    next.quiet_marc8 = truth(hide_utf8_warnings);
    next.marc8 = file_encoding.equal(py::str("iso8859-1"));
    next.form = {normal_form_of(normalize), truth(expand_references)};
    decode = next;
  }
};

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
  bool has_chunk = false;         // `next` was called
  bool stopped_for_good = false;  // a fault that pymarc does not go on behind
  bool closed = false;

  std::unique_ptr<std::timed_mutex> fetching = std::make_unique<std::timed_mutex>();
  std::thread::id fetcher;
  std::uint64_t forks = fork_count();
  ReaderCounts counts;
};

struct ReaderObject {
  PyObject_HEAD ReaderState* state;
};

LazyImport decode_into("rapidmarc._eager", "decode_into");
LazyImport emit_note("rapidmarc._eager", "emit_note");

ReaderState& state_of(PyObject* object) {
  ReaderState* const state = reinterpret_cast<ReaderObject*>(object)->state;
  if (state == nullptr) throw py::value_error("MARCReader.__init__() was not called");
  return *state;
}

void leave_current(ReaderState& state) {
  if (state.has_chunk && !state.chunk_object && state.exception && !state.exception.is_none()) {
    // A fault's bytes are asked for after the loop has ended.
    state.chunk_object = py::bytes(state.chunk.data(), state.chunk.size());
  }
  state.chunk = {};
  if (state.current) LiveBatch::leave(std::move(state.current));
  state.next_record = 0;
}

bool has_record(const ReaderState& state) {
  return state.current && state.next_record < state.current->batch().tables.records.size();
}

/// One thread at a time may fetch; the others wait without the interpreter's lock.
class FetchTurn {
 public:
  explicit FetchTurn(ReaderState& state) : state_(state) {
    if (state.forks != fork_count()) {
      // The thread that held it may live in the parent only. Never unlocked, so never freed.
      static_cast<void>(state.fetching.release());
      state.fetching = std::make_unique<std::timed_mutex>();
      state.forks = fork_count();
      state.fetcher = {};
    }
    if (state.fetcher == std::this_thread::get_id()) {
      throw std::runtime_error("the reader was called by its own file object while it reads");
    }
    while (!state.fetching->try_lock()) {
      bool locked = false;
      {
        const GilRelease released;
        locked = state.fetching->try_lock_for(std::chrono::milliseconds(100));
      }
      if (locked) break;
      checked(PyErr_CheckSignals());  // Ctrl-C while another thread waits for its bytes
    }
    state.fetcher = std::this_thread::get_id();
  }
  FetchTurn(const FetchTurn&) = delete;
  FetchTurn& operator=(const FetchTurn&) = delete;
  ~FetchTurn() {
    state_.fetcher = {};
    state_.fetching->unlock();
  }

 private:
  ReaderState& state_;
};

/// Takes the next batch. False at the end of the input. With the turn to fetch.
bool fetch(ReaderState& state) {
  leave_current(state);
  const std::shared_ptr<Backend> backend = state.backend;
  Fetched fetched = std::visit(
      [&](auto& way) { return way.fetch(state.options.decode, state.counts); }, *backend);
  if (!fetched.batch) return false;
  Batch& batch = *fetched.batch;
  state.counts.phases += batch.times;
  if (!batch.tables.records.empty()) ++state.counts.batches;
  const bool borrowed = static_cast<bool>(fetched.keeps_alive);
  // Records may outlive the reader; then the batch is simply freed.
  auto give_back = [home = std::weak_ptr<Backend>(backend),
                    keeps_alive = std::move(fetched.keeps_alive)](std::unique_ptr<Batch> used) {
    if (const auto living = home.lock()) {
      std::visit([&used](auto& way) { way.give_back(std::move(used)); }, *living);
    }
  };
  state.current =
      std::make_unique<LiveBatch>(std::move(fetched.batch), borrowed, std::move(give_back));
  return true;
}

std::string_view record_bytes(const Batch& batch, const DecodedRecord& decoded) {
  return batch.bytes.substr(decoded.span.offset, decoded.span.length);
}

/// Keeps the exception that cost a record for `current_exception`. Passes on what is no
/// `Exception`.
void note_exception(ReaderState& state, py::error_already_set& error, const Place& place,
                    const Fault& fault) {
  if (!error.matches(PyExc_Exception)) throw py::error_already_set(std::move(error));
  py::object exception = error.value();
  // Without its traceback, which would keep the frames and with them the record alive.
  PyException_SetTraceback(exception.ptr(), Py_None);
  locate(exception, place, fault);
  state.exception = std::move(exception);
}

/// A record that no native road takes, built in Python as pymarc would; None with an exception
/// noted when it cannot be.
PyObject* build_slowly(ReaderState& state, const py::object& record, std::uint64_t index,
                       std::uint64_t offset) {
  // A copy: Python code may let another thread go on with the batch.
  const py::bytes chunk(state.chunk.data(), state.chunk.size());
  state.chunk_object = chunk;
  try {
    decode_into.get()(record, chunk, state.options.to_unicode, state.options.force_utf8,
                      state.options.hide_utf8_warnings, state.options.utf8_handling,
                      state.options.file_encoding, state.options.normalize,
                      state.options.decode.form.expand_references);
    return py::object(record).release().ptr();
  } catch (py::error_already_set& error) {
    const std::string_view bytes = chunk;
    note_exception(state, error, {index, offset, bytes}, find_fault(bytes, state.options.decode));
    return Py_NewRef(Py_None);
  }
}

void emit_notes(const Batch& batch, const DecodedRecord& decoded) {
  const py::handle emit = emit_note.get();
  const std::string_view record = record_bytes(batch, decoded);
  // Collected first: what is called may let another thread have the batch.
  std::vector<std::pair<int, py::object>> notes;
  for (std::uint32_t i = 0; i < decoded.note_count; ++i) {
    const Note& note = batch.tables.notes[decoded.first_note + i];
    if (note.kind == Note::Kind::marc8) {
      notes.emplace_back(static_cast<int>(note.kind), text(note.text));
    } else {
      const std::string_view data = record.substr(note.offset, note.length);
      notes.emplace_back(static_cast<int>(note.kind), py::bytes(data.data(), data.size()));
    }
  }
  for (const auto& [kind, what] : notes) emit(kind, what);
}

/// The next record of the current batch; null when another thread took the last one.
PyObject* deliver_record(ReaderState& state) {
  // First of all: to allocate may mean to collect garbage, and so to let another thread go on.
  RecordObject* const record =
      new_record(state.options.to_unicode.ptr(), state.options.force_utf8.ptr());
  if (record == nullptr) throw py::error_already_set();
  auto result = py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(record));
  if (!has_record(state)) return nullptr;
  LiveBatch& live = *state.current;
  Batch& batch = live.batch();
  if (batch.options != state.options.decode) {
    // Options were changed since: what was decoded ahead is decoded again, and records that were
    // handed out let go of it.
    live.detach_records();
    batch.options = state.options.decode;
    decode_batch(batch);
  }
  const DecodedRecord decoded = batch.tables.records[state.next_record++];
  const std::uint64_t index = state.index++;
  ++state.counts.records;
  state.counts.bytes += decoded.span.length;
  state.chunk = record_bytes(batch, decoded);
  state.position = batch.offset + decoded.span.offset + decoded.span.length;
  record->index = index;
  if (decoded.road == Road::hand_over) {
    const std::uint64_t offset = batch.offset + decoded.span.offset;
    record->from_reader = true;
    record->offset = offset;
    record->length = decoded.span.length;
    return build_slowly(state, result, index, offset);
  }
  show(record, live, decoded);
  if (decoded.note_count == 0) return result.release().ptr();
  try {
    emit_notes(batch, decoded);
    return result.release().ptr();
  } catch (py::error_already_set& error) {
    // A note that cannot be told costs the record, as in pymarc, where it is told in the middle of
    // decoding.
    note_exception(state, error, {index, record->offset, record->bytes()}, {});
    return Py_NewRef(Py_None);
  }
}

enum class Refill : std::uint8_t { batch, fault, end };

/// Looks at what stands behind the last record of the current batch: nothing (more may follow), the
/// end, or a fault, which is noted.
Refill end_of_batch(ReaderState& state) {
  const Batch& batch = state.current->batch();
  if (batch.read_error != 0) {
    const int error = batch.read_error;
    leave_current(state);
    throw_file_error(error, state.name);
  }
  if (batch.framing.stop == Stop::end) return Refill::end;
  if (batch.framing.stop != Stop::fault) return Refill::batch;
  state.stopped_for_good = true;
  state.chunk = batch.bytes.substr(batch.end, batch.framing.fault_length);
  const std::uint64_t offset = batch.end_offset();
  state.exception = framing_exception(batch.framing.fault, {state.index, offset, state.chunk});
  state.position = offset + batch.framing.fault_length;
  return Refill::fault;
}

/// Sets the caller's file object, if one is read ahead of the records, right behind the last record
/// delivered.
void put_handle_behind(ReaderState& state) {
  if (auto* const batched = std::get_if<BatchedBackend>(state.backend.get()))
    batched->put_handle_at(state.position);
}

/// To be called when the current batch is used up. All of it in one turn: no other thread may read
/// from a handle that is being put back.
Refill refill(ReaderState& state) {
  const FetchTurn turn(state);
  // Whoever had the turn before may have fetched a batch that is not used up, or met the end.
  if (has_record(state)) return Refill::batch;
  Refill found = Refill::end;
  if (!state.stopped_for_good) {
    if (state.closed) throw py::value_error("I/O operation on closed file");
    found = state.current ? end_of_batch(state) : Refill::batch;
    if (found == Refill::batch && !fetch(state)) found = Refill::end;
  }
  if (found == Refill::end) {
    leave_current(state);
    state.chunk_object = py::bytes();
  }
  if (found != Refill::batch) put_handle_behind(state);
  return found;
}

PyObject* next_record(ReaderState& state) {
  if (state.stopped_for_good || !state.backend) return nullptr;
  if (state.chunk_object) state.chunk_object = py::object();
  if (state.exception) state.exception = py::object();
  state.has_chunk = true;
  for (;;) {
    if (has_record(state)) {
      if (PyObject* const record = deliver_record(state)) return record;
      continue;
    }
    const Refill found = refill(state);
    if (found == Refill::fault) return Py_NewRef(Py_None);
    if (found == Refill::end) break;
  }
  clear_turn();
  return nullptr;
}

PyObject* reader_next(PyObject* object) {
  return guarded<PyObject*>(nullptr, [object] {
    ReaderState& state = state_of(object);
    stay_if_closing();
    if ((state.counts.records + 1) % timed_one_in != 0) return next_record(state);
    const std::uint64_t batches = state.counts.batches;
    const std::uint64_t started = now_nanoseconds();
    PyObject* const record = next_record(state);
    // A call that fetched did more than convert.
    if (batches == state.counts.batches)
      state.counts.convert += (now_nanoseconds() - started) * timed_one_in;
    return record;
  });
}

/// Ends a backend's threads without the lock, then the backend with it.
void retire(ReaderState& state) {
  const std::shared_ptr<Backend> backend = std::move(state.backend);
  if (!backend) return;
  if (auto* const native = std::get_if<NativeBackend>(backend.get())) native->stop();
  if (auto* const memory = std::get_if<MemoryBackend>(backend.get())) memory->stop();
}

PyObject* make(PyTypeObject* type, PyObject* /*args*/, PyObject* /*kwargs*/) {
  PyObject* object = type->tp_alloc(type, 0);
  if (object == nullptr) return nullptr;
  return guarded<PyObject*>(nullptr, [object] {
    reinterpret_cast<ReaderObject*>(object)->state = std::make_unique<ReaderState>().release();
    return object;
  });
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  if (const ReaderState* const state = reinterpret_cast<ReaderObject*>(object)->state) {
    Py_VISIT(state->exception.ptr());
    Py_VISIT(state->chunk_object.ptr());
    if (state->backend) {
      PyObject* const held =
          std::visit([](const auto& way) { return way.held(); }, *state->backend);
      Py_VISIT(held);
    }
  }
  return 0;
}

int clear(PyObject* object) {
  if (ReaderState* const state = reinterpret_cast<ReaderObject*>(object)->state) {
    leave_current(*state);
    retire(*state);
    state->exception = py::object();
  }
  return 0;
}

/// Before the reader is freed: the handle goes where the caller expects it.
void finalize(PyObject* object) {
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  ReaderState* const state = reinterpret_cast<ReaderObject*>(object)->state;
  if (state != nullptr && state->backend && !is_closing()) {
    const int done = guarded<int>(-1, [state] {
      put_handle_behind(*state);
      return 0;
    });
    if (done != 0) PyErr_WriteUnraisable(object);
  }
  PyErr_Restore(type, value, traceback);
}

void deallocate(PyObject* object) {
  if (PyObject_CallFinalizerFromDealloc(object) < 0) return;
  PyTypeObject* const type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  clear(object);
  const std::unique_ptr<ReaderState> state(reinterpret_cast<ReaderObject*>(object)->state);
  type->tp_free(object);
  Py_DECREF(type);
}

Overflow overflow_of(std::string_view name) {
  if (name == "block") return Overflow::block;
  if (name == "drop") return Overflow::drop;
  if (name == "error") return Overflow::error;
  throw py::value_error("on_overflow is 'block', 'drop' or 'error', not '" + std::string(name) +
                        "'");
}

/// Where a file object stands; 0 if it cannot tell.
std::uint64_t position_of(const py::object& handle) {
  if (!py::hasattr(handle, "tell")) return 0;
  try {
    return handle.attr("tell")().cast<std::uint64_t>();
  } catch (py::error_already_set& error) {
    if (!error.matches(PyExc_Exception)) throw;
  } catch (const py::cast_error&) {
    return 0;
  }
  return 0;
}

// _open(backend, source, threads, batch_bytes, batch_records, queue_bytes, queue_records,
// on_overflow, name)
PyObject* open_source(PyObject* object, PyObject* args) {
  const char* backend = nullptr;
  PyObject* source = nullptr;
  unsigned int threads = 1;
  Py_ssize_t batch_bytes = 0;
  Py_ssize_t batch_records = 0;
  Py_ssize_t queue_bytes = 0;
  Py_ssize_t queue_records = 0;
  const char* overflow = nullptr;
  PyObject* name = nullptr;
  if (PyArg_ParseTuple(args, "sOInnnnsO:_open", &backend, &source, &threads, &batch_bytes,
                       &batch_records, &queue_bytes, &queue_records, &overflow, &name) == 0) {
    return nullptr;
  }
  return guarded([&]() -> py::object {
    stay_if_closing();
    ReaderState& state = state_of(object);
    leave_current(state);
    retire(state);
    state.name = py::reinterpret_borrow<py::object>(name);
    auto input = py::reinterpret_borrow<py::object>(source);
    ChunkOptions chunks;
    chunks.decode = state.options.decode;
    chunks.threads = threads;
    chunks.queue_bytes = static_cast<std::size_t>(queue_bytes);
    chunks.queue_records = static_cast<std::size_t>(queue_records);
    chunks.overflow = overflow_of(overflow);
    BatchLimits limits;
    if (batch_bytes > 0) limits.bytes = chunks.chunk_size = static_cast<std::size_t>(batch_bytes);
    if (batch_records > 0) limits.records = static_cast<std::size_t>(batch_records);
    const std::string_view way = backend;
    state.position = way == "record" || way == "batched" ? position_of(input) : 0;
    if (way == "record") {
      state.backend = std::make_shared<Backend>(std::in_place_type<RecordBackend>, std::move(input),
                                                state.position);
    } else if (way == "batched") {
      state.backend =
          std::make_shared<Backend>(std::in_place_type<BatchedBackend>, std::move(input), limits);
    } else if (way == "native") {
      auto file = std::make_shared<FileSource>(input.attr("fileno")().cast<int>());
      state.backend = std::make_shared<Backend>(std::in_place_type<NativeBackend>, std::move(file),
                                                chunks, py::object(), false);
    } else {
      // The view is freed with the backend, under the lock; the source only points into it.
      auto view = std::make_unique<BufferView>(input);
      auto memory = std::make_shared<MemorySource>(view->bytes());
      const py::capsule holder(view.release(), [](void* held) {
        std::unique_ptr<BufferView>{static_cast<BufferView*>(held)}.reset();
      });
      state.backend = std::make_shared<Backend>(std::in_place_type<MemoryBackend>,
                                                std::move(memory), chunks, holder, true);
    }
    return py::none();
  });
}

PyObject* close_source(PyObject* object, PyObject* /*unused*/) {
  return guarded([object]() -> py::object {
    ReaderState& state = state_of(object);
    const FetchTurn turn(state);
    state.closed = true;
    if (state.backend && (std::holds_alternative<NativeBackend>(*state.backend) ||
                          std::holds_alternative<MemoryBackend>(*state.backend))) {
      state.current ? state.current->detach_records() : void();
      leave_current(state);
      retire(state);
    }
    return py::none();
  });
}

PyObject* sync_handle(PyObject* object, PyObject* /*unused*/) {
  return guarded([object]() -> py::object {
    ReaderState& state = state_of(object);
    const FetchTurn turn(state);
    if (state.backend && std::holds_alternative<BatchedBackend>(*state.backend)) {
      if (state.current) leave_current(state);
      put_handle_behind(state);
    }
    return py::none();
  });
}

PyObject* tell(PyObject* object, PyObject* /*unused*/) {
  return guarded([object]() -> py::object { return py::int_(state_of(object).position); });
}

/// What is left of the current batch, or the next one, as a list; empty at the end.
PyObject* next_batch(PyObject* object, PyObject* /*unused*/) {
  return guarded([object]() -> py::object {
    ReaderState& state = state_of(object);
    const py::object list = owned(PyList_New(0));
    do {
      const py::object record = py::reinterpret_steal<py::object>(next_record(state));
      if (!record) break;
      checked(PyList_Append(list.ptr(), record.ptr()));
    } while (has_record(state));
    return list;
  });
}

PyObject* get_stats(PyObject* object, void* /*closure*/) {
  return guarded([object]() -> py::object {
    ReaderState& state = state_of(object);
    QueueCounts queue;
    if (state.backend) {
      std::visit(
          [&queue](auto& way) {
            if constexpr (requires { way.reader(); }) queue = way.reader().counts();
          },
          *state.backend);
    }
    const ReaderCounts& counts = state.counts;
    py::dict stats;
    stats["records"] = counts.records;
    stats["bytes"] = counts.bytes;
    stats["batches"] = counts.batches;
    stats["batches_dropped"] = queue.dropped_batches;
    stats["records_dropped"] = queue.dropped_records;
    stats["bytes_dropped"] = queue.dropped_bytes;
    stats["queue_high_water_bytes"] = queue.high_water_bytes;
    stats["queue_high_water_records"] = queue.high_water_records;
    stats["chunks_decoded_twice"] = queue.decoded_twice;
    stats["threads_seen"] = queue.threads_seen;
    stats["read_ns"] = counts.phases.read;
    stats["frame_ns"] = counts.phases.frame;
    stats["decode_ns"] = counts.phases.decode;
    stats["queue_wait_ns"] = queue.wait_nanoseconds;
    stats["gil_wait_ns"] = counts.gil_wait;
    stats["convert_ns"] = counts.convert;
    return stats;
  });
}

PyObject* get_chunk(PyObject* object, void* /*closure*/) {
  return guarded([object]() -> py::object {
    ReaderState& state = state_of(object);
    if (!state.has_chunk) return py::none();
    if (!state.chunk_object) state.chunk_object = py::bytes(state.chunk.data(), state.chunk.size());
    return state.chunk_object;
  });
}

PyObject* get_exception(PyObject* object, void* /*closure*/) {
  return guarded([object]() -> py::object {
    const py::object& exception = state_of(object).exception;
    return exception ? exception : py::none();
  });
}

template <py::object ReaderOptions::* option>
PyObject* get_option(PyObject* object, void* /*closure*/) {
  return guarded([object] { return py::object(state_of(object).options.*option); });
}

template <py::object ReaderOptions::* option>
int set_option(PyObject* object, PyObject* value, void* /*closure*/) {
  return guarded<int>(-1, [&] {
    if (value == nullptr) throw py::type_error("an option cannot be deleted");
    ReaderOptions options = state_of(object).options;
    options.*option = py::reinterpret_borrow<py::object>(value);
    options.update();
    state_of(object).options = std::move(options);
    return 0;
  });
}

PyMethodDef methods[] = {
    {"_open", open_source, METH_VARARGS, nullptr},
    {"_close_source", close_source, METH_NOARGS, nullptr},
    {"_put_handle_behind", sync_handle, METH_NOARGS, nullptr},
    {"_next_batch", next_batch, METH_NOARGS, nullptr},
    {"tell", tell, METH_NOARGS,
     "tell(self)\n--\n\nByte of the input right behind the last record delivered; the place to "
     "resume from."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef attributes[] = {
    {"current_chunk", get_chunk, nullptr,
     "bytes of the last record, whether it could be decoded or not.", nullptr},
    {"current_exception", get_exception, nullptr, "Exception of the last record, or None.",
     nullptr},
    {"stats", get_stats, nullptr, "dict of what was done so far: counts, bytes, nanoseconds.",
     nullptr},
    {"to_unicode", get_option<&ReaderOptions::to_unicode>, set_option<&ReaderOptions::to_unicode>,
     nullptr, nullptr},
    {"force_utf8", get_option<&ReaderOptions::force_utf8>, set_option<&ReaderOptions::force_utf8>,
     nullptr, nullptr},
    {"hide_utf8_warnings", get_option<&ReaderOptions::hide_utf8_warnings>,
     set_option<&ReaderOptions::hide_utf8_warnings>, nullptr, nullptr},
    {"utf8_handling", get_option<&ReaderOptions::utf8_handling>,
     set_option<&ReaderOptions::utf8_handling>, nullptr, nullptr},
    {"file_encoding", get_option<&ReaderOptions::file_encoding>,
     set_option<&ReaderOptions::file_encoding>, nullptr, nullptr},
    {"normalize", get_option<&ReaderOptions::normalize>, set_option<&ReaderOptions::normalize>,
     nullptr, nullptr},
    {"expand_references", get_option<&ReaderOptions::expand_references>,
     set_option<&ReaderOptions::expand_references>, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyObject* itself(PyObject* object) { return Py_NewRef(object); }

}  // namespace

void bind_reader(py::module_& module) {
  static PyType_Slot slots[] = {
      {Py_tp_doc,
       const_cast<char*>("What `rapidmarc.MARCReader` is built upon; not for use of its own.")},
      {Py_tp_new, reinterpret_cast<void*>(make)},
      {Py_tp_dealloc, reinterpret_cast<void*>(deallocate)},
      {Py_tp_finalize, reinterpret_cast<void*>(finalize)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear)},
      {Py_tp_iter, reinterpret_cast<void*>(itself)},
      {Py_tp_iternext, reinterpret_cast<void*>(reader_next)},
      {Py_tp_methods, methods},
      {Py_tp_getset, attributes},
      {0, nullptr},
  };
  static PyType_Spec spec = {
      .name = "rapidmarc._core.MARCReader",
      .basicsize = sizeof(ReaderObject),
      .itemsize = 0,
      .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
      .slots = slots,
  };
  const py::object type = owned(PyType_FromSpec(&spec));
  module.attr("MARCReader") = type;
}

}  // namespace rapidmarc::python
