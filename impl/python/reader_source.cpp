#include "python/reader_source.hpp"

#include <memory>
#include <string_view>
#include <variant>

#include "python/buffer_view.hpp"
#include "python/gil.hpp"
#include "python/reader_state.hpp"

namespace rapidmarc::python {
namespace {

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

}  // namespace

PyObject* reader_open(PyObject* object, PyObject* args) {
  const char* backend = nullptr;
  PyObject* source = nullptr;
  unsigned int threads = 1;
  Py_ssize_t batch_bytes = 0;
  Py_ssize_t batch_records = 0;
  Py_ssize_t queue_bytes = 0;
  Py_ssize_t queue_records = 0;
  const char* overflow = nullptr;
  PyObject* name = nullptr;
  PyObject* on_bad = nullptr;
  unsigned long long start = 0;
  unsigned long long stop = 0;
  unsigned long long index = 0;
  if (PyArg_ParseTuple(args, "sOInnnnsOOKKK:_open", &backend, &source, &threads, &batch_bytes,
                       &batch_records, &queue_bytes, &queue_records, &overflow, &name, &on_bad,
                       &start, &stop, &index) == 0) {
    return nullptr;
  }
  return guarded([&]() -> py::object {
    stay_if_closing();
    ReaderState& state = state_of(object);
    const FetchTurn turn(state);
    leave_current(state);
    retire(state);
    state.index = index;
    state.stopped_for_good = false;
    state.name = py::reinterpret_borrow<py::object>(name);
    state.options.decode.recover = on_bad != Py_None;
    state.on_bad = on_bad == Py_None ? py::object() : py::reinterpret_borrow<py::object>(on_bad);
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
    state.position = way == "record" || way == "batched" ? position_of(input) : start;
    if (way == "record") {
      state.backend = std::make_shared<Backend>(std::in_place_type<RecordBackend>, std::move(input),
                                                state.position);
    } else if (way == "batched") {
      state.backend =
          std::make_shared<Backend>(std::in_place_type<BatchedBackend>, std::move(input), limits);
    } else if (way == "native") {
      auto file = std::make_shared<FileSource>(input.attr("fileno")().cast<int>());
      state.backend = std::make_shared<Backend>(std::in_place_type<NativeBackend>,
                                                source_up_to(std::move(file), stop), start, chunks,
                                                py::object(), false);
    } else {
      // The view is freed with the backend, under the lock; the source only points into it.
      auto view = std::make_unique<BufferView>(input);
      auto memory = std::make_shared<MemorySource>(view->bytes());
      const py::capsule holder(view.release(), [](void* held) {
        std::unique_ptr<BufferView>{static_cast<BufferView*>(held)}.reset();
      });
      state.backend = std::make_shared<Backend>(std::in_place_type<MemoryBackend>,
                                                source_up_to(std::move(memory), stop), start,
                                                chunks, holder, true);
    }
    return py::none();
  });
}

PyObject* reader_close(PyObject* object, PyObject* /*unused*/) {
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

PyObject* reader_sync_handle(PyObject* object, PyObject* /*unused*/) {
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

}  // namespace rapidmarc::python
