// The module rapidmarc._core: puts the types together. Not to be imported by users, who import
// `rapidmarc`.
#include <pybind11/pybind11.h>

#include "core/utf8.hpp"
#include "parallel/chunk_reader.hpp"
#include "python/bind_columns.hpp"
#include "python/bind_marc8.hpp"
#include "python/bind_marcxml.hpp"
#include "python/bind_partition.hpp"
#include "python/bind_salvage.hpp"
#include "python/field.hpp"
#include "python/gil.hpp"
#include "python/imports.hpp"
#include "python/reader.hpp"
#include "python/record.hpp"
#include "python/record_forms.hpp"
#include "python/record_methods.hpp"
#include "python/text.hpp"
#include "python/writer.hpp"

namespace rapidmarc::python {
namespace {

/// decode_natively(record, marc, force_utf8, hide_utf8_warnings) -> list of notes, or None when it
/// has to be done in Python.
py::object decode_natively_from_python(const py::object& record, const py::bytes& marc,
                                       bool force_utf8, bool quiet) {
  if (!is_record(record.ptr())) throw py::type_error("not a Record");
  DecodeOptions options;
  options.force_utf8 = force_utf8;
  options.quiet_marc8 = quiet;
  std::vector<Note> notes;
  const auto bytes = static_cast<std::string_view>(marc);
  RecordObject* const target = as_record(record.ptr());
  if (target->data != nullptr) return py::none();
  if (!decode_natively(target, bytes, options, notes)) return py::none();
  forget_fields(target);
  Py_CLEAR(target->leader);
  py::list made;
  for (const Note& note : notes) {
    const bool from_marc8 = note.kind == Note::Kind::marc8;
    const py::object what = from_marc8
                                ? text(note.text)
                                : py::object(py::bytes(bytes.data() + note.offset, note.length));
    made.append(py::make_tuple(static_cast<int>(note.kind), what));
  }
  return made;
}

void shut_down() {
  stop_all_workers();
  close_and_wait();
  finish_open_files();
}

}  // namespace
}  // namespace rapidmarc::python

// The lock is wanted until all tests have passed on an interpreter without it (docs/threads.md).
PYBIND11_MODULE(_core, module, pybind11::mod_gil_used()) {
  using namespace rapidmarc::python;
  imports();
  bind_field(module);
  bind_record(module);
  bind_reader(module);
  bind_writer(module);
  bind_record_forms(module);
  bind_marcxml(module);
  bind_columns(module);
  bind_partition(module);
  bind_salvage(module);
  bind_marc8(module);
  module.def("_decode_natively", &decode_natively_from_python);
  module.def("_text_scan_road", [] { return std::string(rapidmarc::text_scan_road()); });
  pybind11::module_::import("atexit").attr("register")(pybind11::cpp_function(&shut_down));
}
