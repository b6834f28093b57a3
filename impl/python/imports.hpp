// The Python-level classes that the native types hand out or build upon, imported once.
#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <atomic>

namespace rapidmarc::python {

struct Imports {
  PyTypeObject* subfield;                 // rapidmarc.field.Subfield
  PyTypeObject* indicators;               // rapidmarc.field.Indicators
  PyTypeObject* leader;                   // rapidmarc.leader.Leader
  PyObject* exceptions;                   // module rapidmarc.exceptions
  PyObject* one_blank;                    // " "
  std::array<PyObject*, 128> characters;  // str of each ASCII character
  PyObject* ind1;                         // "ind1", "ind2", "subfields": names of MARC-in-JSON
  PyObject* ind2;
  PyObject* subfields;
};

/// Valid as long as the interpreter lives; imports on the first call. Throws when an import fails.
const Imports& imports();

/// A Python object that is imported when it is first needed and then stays. Threads that need it at
/// once import the same.
class LazyImport {
 public:
  constexpr LazyImport(const char* module, const char* name) : module_(module), name_(name) {}

  /// Throws when the import fails.
  pybind11::handle get();

 private:
  const char* module_;
  const char* name_;
  std::atomic<PyObject*> object_ = nullptr;
};

/// The `str` of a tag's three characters: the same object each time. New reference, or null with an
/// exception set.
PyObject* interned_tag(const char* tag) noexcept;

}  // namespace rapidmarc::python
