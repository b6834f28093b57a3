// Locks for an interpreter without the one lock (free-threaded CPython, 3.13 and later): of one
// object, and of something that all share. Where Python has its lock, that is the lock, and all of
// this is nothing.
//
// A critical section is Python's own: a thread that waits for another one, or for anything else
// without the interpreter, lets go of it meanwhile, as it would let go of the interpreter's lock.
// So code that is right under that lock is right under this one, for the one object.
#pragma once

#include <pybind11/pybind11.h>

#include <utility>

namespace rapidmarc::python {

#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX >= 0x030D0000

/// Holds an object's lock for its own life: Py_BEGIN_CRITICAL_SECTION and its end.
class ObjectLock {
 public:
  explicit ObjectLock(PyObject* object) noexcept { PyCriticalSection_Begin(&section_, object); }
  ObjectLock(const ObjectLock&) = delete;
  ObjectLock& operator=(const ObjectLock&) = delete;
  ~ObjectLock() { PyCriticalSection_End(&section_); }

 private:
  PyCriticalSection section_;
};

/// Protects what belongs to no object. Held for a few instructions, in which nothing of Python's is
/// called.
class SharedLock {
 public:
  void lock() noexcept { PyMutex_Lock(&mutex_); }
  void unlock() noexcept { PyMutex_Unlock(&mutex_); }

 private:
  PyMutex mutex_{};
};

template <auto function>
struct Locked;

template <typename Result, typename... Rest, Result (*function)(PyObject*, Rest...)>
struct Locked<function> {
  static Result call(PyObject* self, Rest... rest) {
    const ObjectLock lock(self);
    return function(self, rest...);
  }
};

/// A slot, method or attribute of a type, called with the lock of the object that it is of.
template <auto function>
inline constexpr auto locked = &Locked<function>::call;

/// The same for a method of a class that pybind11 binds.
template <typename Class, typename Result, typename... Arguments>
auto locked_method(Result (Class::*method)(Arguments...)) {
  return [method](const pybind11::object& self, Arguments... arguments) -> Result {
    const ObjectLock lock(self.ptr());
    return (self.cast<Class&>().*method)(std::forward<Arguments>(arguments)...);
  };
}

template <typename Class, typename Result, typename... Arguments>
auto locked_method(Result (Class::*method)(Arguments...) const) {
  return [method](const pybind11::object& self, Arguments... arguments) -> Result {
    const ObjectLock lock(self.ptr());
    return (self.cast<const Class&>().*method)(std::forward<Arguments>(arguments)...);
  };
}

inline constexpr bool has_interpreter_lock = false;
/// Before a variable of which there is one where the interpreter has its lock, else one a thread.
#define RAPIDMARC_PER_THREAD thread_local

#else

class ObjectLock {
 public:
  explicit ObjectLock(PyObject* /*object*/) noexcept {}
  ObjectLock(const ObjectLock&) = delete;
  ObjectLock& operator=(const ObjectLock&) = delete;
  ~ObjectLock() {}  // NOLINT(modernize-use-equals-default): so that it counts as used
};

class SharedLock {
 public:
  void lock() noexcept {}
  void unlock() noexcept {}
};

template <auto function>
inline constexpr auto locked = function;

template <typename Method>
constexpr Method locked_method(Method method) {
  return method;
}

inline constexpr bool has_interpreter_lock = true;
#define RAPIDMARC_PER_THREAD

#endif

}  // namespace rapidmarc::python
