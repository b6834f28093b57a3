#include "python/imports.hpp"

#include "core/format.hpp"
#include "python/pair.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

PyTypeObject* import_type(const char* module, const char* name) {
  return reinterpret_cast<PyTypeObject*>(
      py::object(py::module_::import(module).attr(name)).release().ptr());
}

Imports import_all() {
  Imports made{};
  made.subfield = import_type("rapidmarc._values", "Subfield");
  made.indicators = import_type("rapidmarc._values", "Indicators");
  keep_pairs(made.subfield);
  keep_pairs(made.indicators);
  made.leader = import_type("rapidmarc.leader", "Leader");
  made.exceptions = py::module_::import("rapidmarc.exceptions").release().ptr();
  for (std::size_t i = 0; i < made.characters.size(); ++i) {
    const char character = static_cast<char>(i);
    made.characters[i] = text({&character, 1}, true).release().ptr();
  }
  made.one_blank = made.characters[' '];
  made.ind1 = PyUnicode_InternFromString("ind1");
  made.ind2 = PyUnicode_InternFromString("ind2");
  made.subfields = PyUnicode_InternFromString("subfields");
  return made;
}

Imports loaded;

}  // namespace

const Imports& imports() {
  // No function-local static: the import may let go of the interpreter's lock, and a thread that
  // waits for a static to be made keeps the lock. The module's own initialization is the first to
  // call, so nobody finds this half made.
  if (loaded.one_blank == nullptr) loaded = import_all();
  return loaded;
}

pybind11::handle LazyImport::get() {
  PyObject* known = object_.load(std::memory_order_acquire);
  if (known == nullptr) {
    known = py::object(py::module_::import(module_).attr(name_)).release().ptr();
    object_.store(known, std::memory_order_release);
  }
  return known;
}

PyObject* interned_tag(const char* tag) noexcept {
  static constinit std::array<std::atomic<PyObject*>, 1000>
      numbered{};  // those of three digits, once they were asked for
  std::atomic<PyObject*>* place = nullptr;
  if (const auto number = parse_digits({tag, 3})) {
    place = &numbered[*number];
    if (PyObject* const known = place->load(std::memory_order_acquire)) return Py_NewRef(known);
  }
  PyObject* made = PyUnicode_FromStringAndSize(tag, 3);
  if (made == nullptr) return nullptr;
  PyUnicode_InternInPlace(&made);
  PyObject* none = nullptr;
  if (place != nullptr && place->compare_exchange_strong(none, made)) Py_INCREF(made);
  return made;
}

}  // namespace rapidmarc::python
