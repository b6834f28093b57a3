// Handing out records: fetching a batch when the last one is used up, showing its records one after
// the other, noting what cost a record.
#include "python/reader_next.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "parallel/batch.hpp"
#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/imports.hpp"
#include "python/reader_state.hpp"
#include "python/record.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

LazyImport decode_into("rapidmarc._eager", "decode_into");
LazyImport emit_note("rapidmarc._eager", "emit_note");

bool has_record(const ReaderState& state) {
  return state.current && state.next_record < state.current->batch().tables.records.size();
}

/// What a batch is fetched for.
enum class Purpose : std::uint8_t { deliver, pass_over };

/// Takes the next batch. False at the end of the input. With the turn to fetch.
bool fetch(ReaderState& state, Purpose purpose) {
  DecodeOptions options = state.options.decode;
  options.only_check = purpose == Purpose::pass_over;
  leave_current(state);
  const std::shared_ptr<Backend> backend = state.backend;
  DeliveryClock& clock = state.counts.delivery;
  clock.fetch_begins(now_nanoseconds());
  Fetched fetched =
      std::visit([&](auto& way) { return way.fetch(options, state.counts); }, *backend);
  // A batch of one record has no time for another look at the clock.
  const bool alone = fetched.batch && std::holds_alternative<RecordBackend>(*backend);
  clock.fetch_ends(alone ? state.counts.gil.back_at : now_nanoseconds());
  if (!fetched.batch) return false;
  Batch& batch = *fetched.batch;
  state.counts.phases += batch.times;
  if (batch.home != 0) state.counts.ahead += batch.times;
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

/// A record that cannot be delivered. Kept by the call that met it: while it lasts, other threads
/// may go on with the reader.
struct BadRecord {
  py::object exception;
  py::object chunk;  // its bytes
  std::uint64_t index = 0;
  std::uint64_t offset = 0;
};

/// Keeps the exception that cost a record for `current_exception`, and counts it.
void note_bad_record(ReaderState& state, py::object exception) {
  const py::object name = py::type::handle_of(exception).attr("__name__");
  const py::object count = state.errors.attr("get")(name, 0);
  state.errors[name] = count + py::int_(1);
  state.exception = std::move(exception);
}

/// The same for one that decoding raised. Passes on what is no `Exception`.
void note_exception(ReaderState& state, py::error_already_set& error, const Place& place,
                    const Fault& fault, std::optional<BadRecord>& bad) {
  if (!error.matches(PyExc_Exception)) throw py::error_already_set(std::move(error));
  py::object exception = error.value();
  // Without its traceback, which would keep the frames and with them the record alive.
  PyException_SetTraceback(exception.ptr(), Py_None);
  locate(exception, place, fault);
  bad = BadRecord{exception, py::bytes(place.record.data(), place.record.size()),
                  place.record_index, place.byte_offset};
  note_bad_record(state, std::move(exception));
}

/// A record that no native road takes, built in Python as pymarc would; None with an exception
/// noted when it cannot be.
PyObject* build_slowly(ReaderState& state, const py::object& record, std::uint64_t index,
                       std::uint64_t offset, std::optional<BadRecord>& bad) {
  // A copy: Python code may let another thread go on with the batch.
  const py::bytes chunk(state.chunk.data(), state.chunk.size());
  state.chunk_object = chunk;
  try {
    decode_into.get()(
        record, chunk, state.options.to_unicode, state.options.force_utf8,
        state.options.hide_utf8_warnings, state.options.utf8_handling,
        state.options.decode.detect ? state.options.encoding : state.options.file_encoding,
        state.options.normalize, state.options.decode.form.expand_references,
        state.options.dialect);
    return py::object(record).release().ptr();
  } catch (py::error_already_set& error) {
    const std::string_view bytes = chunk;
    note_exception(state, error, {index, offset, bytes}, find_fault(bytes, state.options.decode),
                   bad);
    return Py_NewRef(Py_None);
  }
}

void emit_notes(const Batch& batch, const DecodedRecord& decoded) {
  const std::string_view record = record_bytes(batch, decoded);
  // Collected first: what is imported or called may let another thread have the batch.
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
  for (const auto& [kind, what] : notes) emit_note.get()(kind, what);
}

/// What stands at the place of a whole record that was not decoded natively, or of a piece that is
/// none: a record built in Python, None with an exception noted, or null for padding. `record` is
/// still empty.
PyObject* deliver_slowly(ReaderState& state, const py::object& record, const DecodedRecord& decoded,
                         std::optional<BadRecord>& bad) {
  const Batch& batch = state.current->batch();
  const std::uint64_t offset = batch.offset + decoded.span.offset;
  if (decoded.damage == Error::padding) {
    state.counts.bytes_padding += decoded.span.length;
    return nullptr;
  }
  const std::uint64_t index = state.index++;
  state.count_record(decoded.span.length);
  if (decoded.damage != Error::none) {
    const py::bytes chunk(state.chunk.data(), state.chunk.size());
    state.chunk_object = chunk;
    bad =
        BadRecord{framing_exception(decoded.damage, {index, offset, chunk}), chunk, index, offset};
    note_bad_record(state, bad->exception);
    return Py_NewRef(Py_None);
  }
  RecordObject* const view = as_record(record.ptr());
  view->index = index;
  view->from_reader = true;
  view->offset = offset;
  view->length = decoded.span.length;
  if (state.options.decode.detect) view->encoding = encoding_of(state.chunk);
  return build_slowly(state, record, index, offset, bad);
}

/// The next record of the current batch; null when there was none: another thread took the last
/// one, or it was padding.
PyObject* deliver_record(ReaderState& state, std::optional<BadRecord>& bad) {
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
  const DecodedRecord& decoded = batch.tables.records[state.next_record++];
  state.chunk = record_bytes(batch, decoded);
  state.position = batch.offset + decoded.span.offset + decoded.span.length;
  if (decoded.road == Road::hand_over) {
    const DecodedRecord kept = decoded;  // the batch may be gone before it is delivered
    return deliver_slowly(state, result, kept, bad);
  }
  const std::uint64_t index = state.index++;
  state.count_record(decoded.span.length);
  record->index = index;
  show(record, live, decoded);
  if (decoded.note_count == 0) return result.release().ptr();
  try {
    emit_notes(batch, decoded);
    return result.release().ptr();
  } catch (py::error_already_set& error) {
    // A note that cannot be told costs the record, as in pymarc, where it is told in the middle of
    // decoding.
    note_exception(state, error, {index, record->offset, record->bytes()}, {}, bad);
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
  note_bad_record(state,
                  framing_exception(batch.framing.fault, {state.index, offset, state.chunk}));
  state.position = offset + batch.framing.fault_length;
  return Refill::fault;
}

/// To be called when the current batch is used up. All of it in one turn: no other thread may read
/// from a handle that is being put back.
Refill refill(ReaderState& state, Purpose purpose) {
  const FetchTurn turn(state);
  // Whoever had the turn before may have fetched a batch that is not used up, or met the end.
  if (has_record(state)) return Refill::batch;
  Refill found = Refill::end;
  if (!state.stopped_for_good) {
    if (state.closed) throw py::value_error("I/O operation on closed file");
    found = state.current ? end_of_batch(state) : Refill::batch;
    if (found == Refill::batch && !fetch(state, purpose)) found = Refill::end;
  }
  if (found == Refill::end) {
    leave_current(state);
    state.chunk_object = py::bytes();
  }
  if (found != Refill::batch) {
    state.counts.delivery.stop(now_nanoseconds());
    put_handle_behind(state);
  }
  return found;
}

/// Lets the caller's choice decide about a bad record: what it makes of it, null when the record is
/// rejected. Passes on what it raises.
PyObject* settle(ReaderState& state, PyObject* reader, const BadRecord& bad) {
  ReaderCounts& counts = state.counts;
  const auto size = static_cast<std::uint64_t>(PyBytes_GET_SIZE(bad.chunk.ptr()));
  --counts.records;
  counts.bytes -= size;
  ++counts.records_rejected;
  counts.bytes_rejected += size;
  const py::object answer = state.on_bad(py::handle(reader), bad.exception, bad.chunk);
  if (answer.is_none()) return nullptr;
  auto [made, errors] = answer.cast<std::pair<py::object, py::object>>();
  RecordObject* const record = as_record(made.ptr());
  record->index = bad.index;
  record->offset = bad.offset;
  record->length = static_cast<std::uint32_t>(size);
  record->from_reader = true;
  record->errors = errors.release().ptr();
  if (state.options.decode.detect)
    record->encoding = encoding_of({PyBytes_AS_STRING(bad.chunk.ptr()), size});
  --counts.records_rejected;
  counts.bytes_rejected -= size;
  state.count_record(size);
  return made.release().ptr();
}

/// Whether what comes next may make `next` raise, or ask for more input.
bool may_raise_next(const ReaderState& state) {
  return state.on_bad &&
         state.current->batch().tables.records[state.next_record].road == Road::hand_over;
}

bool can_go_on(const ReaderState& state) { return !state.stopped_for_good && state.backend; }

/// Forgets what the last call told.
void begin_call(ReaderState& state) {
  if (state.chunk_object) state.chunk_object = py::object();
  if (state.exception) state.exception = py::object();
  state.has_chunk = true;
}

PyObject* next_record(ReaderState& state, PyObject* reader) {
  if (!can_go_on(state)) return nullptr;
  begin_call(state);
  for (;;) {
    if (has_record(state)) {
      std::optional<BadRecord> bad;
      PyObject* const record = deliver_record(state, bad);
      if (record == nullptr) continue;
      if (record != Py_None || !bad || !state.on_bad) return record;
      Py_DECREF(record);
      if (PyObject* const made = settle(state, reader, *bad)) return made;
      state.exception = state.chunk_object = py::object();  // not those of what is delivered next
      continue;
    }
    const Refill found = refill(state, Purpose::deliver);
    if (found == Refill::fault) return Py_NewRef(Py_None);
    if (found == Refill::end) break;
  }
  clear_turn();
  return nullptr;
}

/// Passes those records of the current batch that come next and are faultless; how many they are.
std::uint64_t pass_faultless_records(ReaderState& state) {
  const Batch& batch = state.current->batch();
  DecodeOptions wanted = state.options.decode;
  wanted.only_check = batch.options.only_check;
  if (batch.options != wanted) return 0;  // to be decoded again, by `deliver_record`
  const std::vector<DecodedRecord>& records = batch.tables.records;
  const std::size_t first = state.next_record;
  std::size_t next = first;
  for (; next < records.size() && records[next].road != Road::hand_over; ++next) {
    state.count_record(records[next].span.length);
  }
  if (next == first) return 0;
  const DecodedRecord& last = records[next - 1];
  state.chunk = record_bytes(batch, last);
  state.position = batch.offset + last.span.offset + last.span.length;
  state.next_record = next;
  state.index += next - first;
  return next - first;
}

}  // namespace

PyObject* reader_next(PyObject* object) {
  return guarded<PyObject*>(nullptr, [object] {
    ReaderState& state = state_of(object);
    stay_if_closing();
    DeliveryClock& clock = state.counts.delivery;
    if (!clock.is_due(state.counts.records)) [[likely]]
      return next_record(state, object);
    if (clock.is_away()) {
      clock.came_back(PyThreadState_Get(), state.counts.records);
      return next_record(state, object);
    }
    const DeliveryClock::Sample sample = clock.begin();
    PyObject* const record = next_record(state, object);
    clock.returns(sample, PyThreadState_Get());
    return record;
  });
}

PyObject* reader_next_batch(PyObject* object, PyObject* /*unused*/) {
  return guarded([object]() -> py::object {
    ReaderState& state = state_of(object);
    stay_if_closing();
    const py::object list = owned(PyList_New(0));
    do {
      const py::object record = py::reinterpret_steal<py::object>(next_record(state, object));
      if (!record) break;
      checked(PyList_Append(list.ptr(), record.ptr()));
    } while (has_record(state) && !may_raise_next(state));
    return list;
  });
}

PyObject* reader_pass_over(PyObject* object, PyObject* /*unused*/) {
  return guarded([object]() -> py::object {
    ReaderState& state = state_of(object);
    stay_if_closing();
    for (std::uint64_t passed = 0;;) {
      if (!can_go_on(state)) return py::make_tuple(passed, true);
      begin_call(state);
      if (has_record(state)) passed += pass_faultless_records(state);
      if (has_record(state)) {
        // One that Python has to build, or that cannot be delivered: `next` knows what to do.
        const auto record = py::reinterpret_steal<py::object>(next_record(state, object));
        if (!record) return py::make_tuple(passed, true);
        if (record.is_none()) return py::make_tuple(passed, false);
        ++passed;
        continue;
      }
      const Refill found = refill(state, Purpose::pass_over);
      if (found == Refill::fault) return py::make_tuple(passed, false);
      if (found == Refill::end) return py::make_tuple(passed, true);
      checked(PyErr_CheckSignals());
    }
  });
}

}  // namespace rapidmarc::python
