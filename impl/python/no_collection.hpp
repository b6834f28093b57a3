// Making an object may start the garbage collector, and so run anybody's code, which may change the
// very record that is being read. Where pointers into one are held, nothing is collected meanwhile.
#pragma once

#include <Python.h>

namespace rapidmarc::python {

/// While one lives, making objects collects nothing; what is due is collected later. With the
/// interpreter's lock held throughout. From CPython 3.12 on a collection waits for the interpreter
/// itself, so that this does nothing.
class NoCollection {
 public:
  NoCollection(const NoCollection&) = delete;
  NoCollection& operator=(const NoCollection&) = delete;
#if PY_VERSION_HEX < 0x030C0000
  NoCollection() noexcept : was_on_(PyGC_Disable() != 0) {}
  ~NoCollection() {
    if (was_on_) PyGC_Enable();
  }

 private:
  bool was_on_;
#else
  NoCollection() noexcept {}
  ~NoCollection() {}
#endif
};

}  // namespace rapidmarc::python
