#include "python/bind_salvage.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "core/dialect.hpp"
#include "core/salvage.hpp"
#include "python/errors.hpp"
#include "python/reader_state.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

namespace py = pybind11;

/// salvage(record, index, offset) -> leader, list of (tag, offset in the record, data), list of
/// exceptions.
py::tuple salvage(const py::bytes& record, std::uint64_t index, std::uint64_t offset) {
  const std::string_view bytes = record;
  const Salvaged found = salvage_record(bytes);
  py::list fields;
  for (const Entry& field : found.fields) {
    const std::string_view data = bytes.substr(field.offset, field.length);
    fields.append(
        py::make_tuple(text(field.tag_text()), field.offset, py::bytes(data.data(), data.size())));
  }
  py::list errors;
  for (const Fault& fault : found.faults) {
    errors.append(fault_exception(fault, {index, offset, bytes}));
  }
  return py::make_tuple(text(found.leader), fields, errors);
}

/// Whether the text of `record` is UTF-8 in the dialect of that name.
bool is_utf8_in_dialect(const py::object& dialect, const py::bytes& record) {
  return is_utf8_in(dialect_of(dialect), record);
}

/// The text of `value`, from the UNIMARC record `record`, and the lines that are to be said about
/// it.
py::tuple unimarc_text(const py::bytes& value, const py::bytes& record) {
  std::string out;
  std::vector<Marc8Note> notes;
  append_unimarc(value, unimarc_sets(record), out, &notes);
  std::string lines;
  for (const Marc8Note& note : notes) lines += to_text(note);
  return py::make_tuple(text(out), text(lines));
}

}  // namespace

void bind_salvage(py::module_& module) {
  module.def("_salvage", &salvage);
  module.def("_encoding_of",
             [](const py::bytes& record) { return std::string(name_of(encoding_of(record))); });
  module.def("_is_utf8_in_dialect", &is_utf8_in_dialect);
  module.def("_unimarc_text", &unimarc_text);
}

}  // namespace rapidmarc::python
