// Making and freeing readers: the type's slots and attributes. What they do is in reader_source.cpp
// and reader_next.cpp.
#include "python/reader.hpp"

#include <memory>
#include <variant>

#include "python/critical_section.hpp"
#include "python/gil.hpp"
#include "python/reader_next.hpp"
#include "python/reader_source.hpp"
#include "python/reader_state.hpp"

namespace rapidmarc::python {
namespace {

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
    Py_VISIT(state->on_bad.ptr());
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
    state->on_bad = py::object();
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

PyObject* tell(PyObject* object, PyObject* /*unused*/) {
  return guarded([object]() -> py::object { return py::int_(state_of(object).position); });
}

PyObject* get_stats(PyObject* object, void* /*closure*/) {
  return guarded([object]() -> py::object {
    ReaderState& state = state_of(object);
    const QueueCounts queue = queue_counts(state);
    const ReaderCounts& counts = state.counts;
    py::dict stats;
    stats["records"] = counts.records;
    stats["bytes"] = counts.bytes;
    stats["batches"] = counts.batches;
    stats["records_rejected"] = counts.records_rejected;
    stats["bytes_rejected"] = counts.bytes_rejected;
    stats["bytes_padding"] = counts.bytes_padding;
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
    stats["gil_wait_ns"] = counts.gil.waited;
    stats["convert_ns"] = counts.delivery.convert();
    stats["consumer_ns"] = counts.delivery.consumer();
    stats["worker_read_ns"] = counts.ahead.read;
    stats["worker_frame_ns"] = counts.ahead.frame;
    stats["worker_decode_ns"] = counts.ahead.decode;
    stats["gil_releases"] = counts.gil.releases;
    stats["gil_hand_offs"] = counts.gil.hand_offs;
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

PyObject* get_errors(PyObject* object, void* /*closure*/) {
  return guarded([object]() -> py::object { return state_of(object).errors.attr("copy")(); });
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
    {"_open", locked<reader_open>, METH_VARARGS, nullptr},
    {"_close_source", locked<reader_close>, METH_NOARGS, nullptr},
    {"_put_handle_behind", locked<reader_sync_handle>, METH_NOARGS, nullptr},
    {"_next_batch", locked<reader_next_batch>, METH_NOARGS, nullptr},
    {"_pass_over", locked<reader_pass_over>, METH_NOARGS, nullptr},
    {"tell", locked<tell>, METH_NOARGS,
     "tell(self)\n--\n\nByte of the input right behind the last record delivered; the place to "
     "resume from."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef attributes[] = {
    {"current_chunk", locked<get_chunk>, nullptr,
     "bytes of the last record, whether it could be decoded or not.", nullptr},
    {"current_exception", locked<get_exception>, nullptr, "Exception of the last record, or None.",
     nullptr},
    {"errors", locked<get_errors>, nullptr,
     "dict of how many bad records there were so far, by the name of their exception's class.",
     nullptr},
    {"stats", locked<get_stats>, nullptr,
     "dict of what was done so far: counts, bytes, nanoseconds.", nullptr},
    {"to_unicode", locked<get_option<&ReaderOptions::to_unicode>>,
     locked<set_option<&ReaderOptions::to_unicode>>,
     "bool: whether values are decoded to str; else fields are `RawField`s of bytes.", nullptr},
    {"force_utf8", locked<get_option<&ReaderOptions::force_utf8>>,
     locked<set_option<&ReaderOptions::force_utf8>>,
     "bool: whether records are taken for UTF-8, whatever their leader says.", nullptr},
    {"hide_utf8_warnings", locked<get_option<&ReaderOptions::hide_utf8_warnings>>,
     locked<set_option<&ReaderOptions::hide_utf8_warnings>>,
     "bool: whether notes on what MARC-8 does not know stay off standard error.", nullptr},
    {"utf8_handling", locked<get_option<&ReaderOptions::utf8_handling>>,
     locked<set_option<&ReaderOptions::utf8_handling>>,
     "str: what is done with invalid UTF-8; an error handler of ``bytes.decode``.", nullptr},
    {"file_encoding", locked<get_option<&ReaderOptions::file_encoding>>,
     locked<set_option<&ReaderOptions::file_encoding>>,
     "str: the encoding of records that are not in UTF-8; 'iso8859-1' stands for MARC-8.", nullptr},
    {"normalize", locked<get_option<&ReaderOptions::normalize>>,
     locked<set_option<&ReaderOptions::normalize>>,
     "None, 'NFC' or 'NFD': the Unicode form that values are brought into.", nullptr},
    {"expand_references", locked<get_option<&ReaderOptions::expand_references>>,
     locked<set_option<&ReaderOptions::expand_references>>,
     "bool: whether references such as ``&#x4E2D;`` become characters.", nullptr},
    {"encoding", locked<get_option<&ReaderOptions::encoding>>,
     locked<set_option<&ReaderOptions::encoding>>,
     "None or 'auto': whether the encoding is told for each record from its bytes.", nullptr},
    {"dialect", locked<get_option<&ReaderOptions::dialect>>,
     locked<set_option<&ReaderOptions::dialect>>,
     "'marc21', 'unimarc' or 'latin1': how bytes beyond ASCII are read.", nullptr},
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
      {Py_tp_iternext, reinterpret_cast<void*>(locked<reader_next>)},
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
