// Arguments of methods that the C API hands over one by one, without a tuple or a dict.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <string_view>

#include "python/text.hpp"

namespace rapidmarc::python {

/// What `get(key, default=None)` was asked for; borrowed.
struct GetArguments {
  PyObject* key;
  PyObject* otherwise;
};

/// The arguments of a `get` whose first one is called `key`, by place or by name; throws TypeError
/// as a function in Python would.
inline GetArguments get_arguments(std::string_view key, PyObject* const* args, Py_ssize_t count,
                                  PyObject* names) {
  GetArguments given{count > 0 ? args[0] : nullptr, count > 1 ? args[1] : nullptr};
  const Py_ssize_t named = names == nullptr ? 0 : PyTuple_GET_SIZE(names);
  for (Py_ssize_t i = 0; i < named; ++i) {
    const std::string_view name = utf8_of(PyTuple_GET_ITEM(names, i));
    PyObject*& place = name == key ? given.key : given.otherwise;
    if ((name != key && name != "default") || place != nullptr) {
      throw py::type_error("get() got an unexpected or repeated argument '" + std::string(name) +
                           "'");
    }
    place = args[count + i];
  }
  if (given.key == nullptr || count > 2)
    throw py::type_error("get() takes a " + std::string(key) + " and an optional default");
  if (given.otherwise == nullptr) given.otherwise = Py_None;
  return given;
}

}  // namespace rapidmarc::python
