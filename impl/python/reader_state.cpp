#include "python/reader_state.hpp"

#include <chrono>
#include <stdexcept>
#include <variant>

#include "python/gil.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

/// The form named by `normalize`, which is None, "NFC" or "NFD".
NormalForm normal_form_of(const py::object& normalize) {
  if (normalize.is_none()) return NormalForm::as_it_is;
  if (normalize.equal(py::str("NFC"))) return NormalForm::nfc;
  if (normalize.equal(py::str("NFD"))) return NormalForm::nfd;
  throw py::value_error("normalize is None, 'NFC' or 'NFD', not " +
                        py::repr(normalize).cast<std::string>());
}

}  // namespace

Dialect dialect_of(const py::object& name) {
  if (name.equal(py::str("marc21"))) return Dialect::marc21;
  if (name.equal(py::str("unimarc"))) return Dialect::unimarc;
  if (name.equal(py::str("latin1"))) return Dialect::latin1;
  throw py::value_error("dialect is 'marc21', 'unimarc' or 'latin1', not " +
                        py::repr(name).cast<std::string>());
}

void ReaderOptions::update() {
  DecodeOptions next;
  next.recover = decode.recover;
  next.raw = !is_true(to_unicode.ptr());
  next.force_utf8 = is_true(force_utf8.ptr());
  next.quiet_marc8 = is_true(hide_utf8_warnings.ptr());
  next.marc8 = file_encoding.equal(py::str("iso8859-1"));
  next.detect = !encoding.is_none();
  if (next.detect && !encoding.equal(py::str("auto"))) {
    throw py::value_error("encoding is None or 'auto', not " +
                          py::repr(encoding).cast<std::string>());
  }
  next.dialect = dialect_of(dialect);
  if (next.detect && next.dialect != Dialect::marc21) {
    throw py::value_error("encoding='auto' is for dialect='marc21'; the others look at the text");
  }
  // file_encoding does not count
  if (next.detect || next.dialect != Dialect::marc21) next.marc8 = true;
  next.form = {normal_form_of(normalize), is_true(expand_references.ptr())};
  decode = next;
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

FetchTurn::FetchTurn(ReaderState& state) : state_(state) {
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

FetchTurn::~FetchTurn() {
  state_.fetcher = {};
  state_.fetching->unlock();
}

void put_handle_behind(ReaderState& state) {
  if (auto* const batched = std::get_if<BatchedBackend>(state.backend.get()))
    batched->put_handle_at(state.position);
}

QueueCounts queue_counts(const ReaderState& state) {
  if (!state.backend) return state.queue;
  return std::visit(
      [](auto& way) {
        if constexpr (requires { way.reader(); }) return way.reader().counts();
        return QueueCounts{};
      },
      *state.backend);
}

void retire(ReaderState& state) {
  if (!state.backend) return;
  state.queue = queue_counts(state);
  const std::shared_ptr<Backend> backend = std::move(state.backend);
  if (auto* const native = std::get_if<NativeBackend>(backend.get())) native->stop();
  if (auto* const memory = std::get_if<MemoryBackend>(backend.get())) memory->stop();
}

}  // namespace rapidmarc::python
