// Freed things that are kept for the next of their kind: records, fields and their parts come and
// go by the million.
#pragma once

#include <Python.h>

#include <array>
#include <cstddef>

namespace rapidmarc::python {

/// Used with the interpreter's lock held; where Python has none, nothing is kept.
template <typename Thing, std::size_t most>
class FreeList {
 public:
  /// One of those kept, or null.
  Thing* take() noexcept { return count_ == 0 ? nullptr : kept_[--count_]; }

  /// False when there is no place: the caller frees it.
  bool keep(Thing* thing) noexcept {
    if (count_ == limit) return false;
    kept_[count_++] = thing;
    return true;
  }

 private:
#ifdef Py_GIL_DISABLED
  static constexpr std::size_t limit = 0;
#else
  static constexpr std::size_t limit = most;
#endif
  std::array<Thing*, most> kept_{};
  std::size_t count_ = 0;
};

/// Makes a freed object that was kept one that is held once. Kept objects hold on to their type.
inline void revive(PyObject* object) noexcept { Py_SET_REFCNT(object, 1); }

}  // namespace rapidmarc::python
