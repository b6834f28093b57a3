#include "python/bind_marcxml.hpp"

#include "core/marcxml.hpp"
#include "python/record.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

/// The records from `position` on up to the first that this road does not take; where that begins;
/// and whether it could if more of the document were there.
py::tuple scan(const py::bytes& text, std::size_t position, const py::bytes& start_tag,
               const py::bytes& prefix, bool ascii_only) {
  const auto document = static_cast<std::string_view>(text);
  const py::list records;
  XmlRecord record;
  XmlScan result = XmlScan::record;
  while (true) {
    std::size_t next = position;
    result = scan_xml_record(document, next, static_cast<std::string_view>(start_tag),
                             static_cast<std::string_view>(prefix), record);
    if (result == XmlScan::record && ascii_only && !record.ascii) result = XmlScan::odd;
    if (result != XmlScan::record) break;
    const py::object made = owned(reinterpret_cast<PyObject*>(new_record(Py_True, Py_False)));
    show_copy(as_record(made.ptr()), record.content, record.entries, record.ascii);
    checked(PyList_Append(records.ptr(), made.ptr()));
    position = next;
  }
  return py::make_tuple(records, position, result == XmlScan::incomplete);
}

}  // namespace

void bind_marcxml(py::module_& module) {
  module.def("_scan_marcxml", &scan, py::arg("text"), py::arg("position"), py::arg("start_tag"),
             py::arg("prefix"), py::arg("ascii_only"));
}

}  // namespace rapidmarc::python
