#include "python/bind_salvage.hpp"

#include <string_view>

#include "core/salvage.hpp"
#include "python/errors.hpp"
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

}  // namespace

void bind_salvage(py::module_& module) {
  module.def("_salvage", &salvage);
  module.def("_encoding_of",
             [](const py::bytes& record) { return std::string(name_of(encoding_of(record))); });
}

}  // namespace rapidmarc::python
