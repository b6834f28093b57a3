#include "python/pair.hpp"

#include <array>

#include "python/critical_section.hpp"
#include "python/free_list.hpp"
#include "python/no_collection.hpp"

namespace rapidmarc::python {
namespace {

// All are of one size, whichever of the types they were.
FreeList<PyObject, 256> free_pairs;

bool holds_texts(PyObject* pair) noexcept {
  return PyTuple_GET_SIZE(pair) == 2 && PyUnicode_CheckExact(PyTuple_GET_ITEM(pair, 0)) &&
         PyUnicode_CheckExact(PyTuple_GET_ITEM(pair, 1));
}

void deallocate_pair(PyObject* object) {
  PyTypeObject* const type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  // A subclass comes here by way of its own deallocation, which has freed what it added.
  if (type->tp_dealloc == deallocate_pair && holds_texts(object)) {
    Py_DECREF(PyTuple_GET_ITEM(object, 0));
    Py_DECREF(PyTuple_GET_ITEM(object, 1));
    if (free_pairs.keep(object)) return;
    PyObject_GC_Del(object);
    Py_DECREF(type);
    return;
  }
  // Whatever somebody put in may nest as deep as it likes.
  Py_TRASHCAN_BEGIN(object, deallocate_pair) PyTuple_Type.tp_dealloc(object);
  Py_DECREF(type);
  Py_TRASHCAN_END
}

/// What `for code, value in field.subfields` makes and drops for every subfield: the interpreter
/// unpacks a named tuple by iterating over it.
struct PairIterator {
  PyObject_HEAD PyObject* pair;  // null once it is through
  Py_ssize_t next;
};

FreeList<PyObject, 8> free_iterators;

PairIterator* as_iterator(PyObject* object) noexcept {
  return reinterpret_cast<PairIterator*>(object);
}

void deallocate_iterator(PyObject* object) {
  PyTypeObject* const type = Py_TYPE(object);
  Py_CLEAR(as_iterator(object)->pair);
  if (free_iterators.keep(object)) return;
  PyObject_Free(object);
  Py_DECREF(type);
}

PyObject* next_part(PyObject* object) {
  PairIterator* const self = as_iterator(object);
  if (self->pair == nullptr) return nullptr;
  if (self->next < 2) return Py_NewRef(PyTuple_GET_ITEM(self->pair, self->next++));
  Py_CLEAR(self->pair);
  return nullptr;
}

PyObject* length_hint(PyObject* object, PyObject* /*unused*/) {
  const PairIterator* const self = as_iterator(object);
  return PyLong_FromSsize_t(self->pair == nullptr ? 0 : 2 - self->next);
}

/// To be copied and pickled: `iter`, and a tuple of what is left.
PyObject* reduce(PyObject* object, PyObject* /*unused*/) {
  const PairIterator* const self = as_iterator(object);
  PyObject* const iter = PyDict_GetItemString(PyEval_GetBuiltins(), "iter");
  if (iter == nullptr) return PyErr_Format(PyExc_AttributeError, "there is no iter");
  if (self->pair == nullptr) return Py_BuildValue("O(())", iter);
  PyObject* const rest = PyTuple_GetSlice(self->pair, self->next, 2);
  return rest == nullptr ? nullptr : Py_BuildValue("O(N)", iter, rest);
}

PyTypeObject* iterator_type = nullptr;

PyTypeObject* made_iterator_type() {
  static std::array<PyMethodDef, 3> methods = {{
      {"__length_hint__", &length_hint, METH_NOARGS, nullptr},
      {"__reduce__", &reduce, METH_NOARGS, nullptr},
      {nullptr, nullptr, 0, nullptr},
  }};
  static std::array<PyType_Slot, 5> slots = {{
      {Py_tp_dealloc, reinterpret_cast<void*>(&deallocate_iterator)},
      {Py_tp_iter, reinterpret_cast<void*>(&PyObject_SelfIter)},
      {Py_tp_iternext, reinterpret_cast<void*>(&next_part)},
      {Py_tp_methods, methods.data()},
      {0, nullptr},
  }};
  static PyType_Spec spec = {"rapidmarc._core._PairIterator",
                             static_cast<int>(sizeof(PairIterator)), 0,
                             static_cast<unsigned int>(Py_TPFLAGS_DEFAULT) |
                                 static_cast<unsigned int>(Py_TPFLAGS_DISALLOW_INSTANTIATION),
                             slots.data()};
  PyObject* const type = PyType_FromSpec(&spec);
  if (type == nullptr) throw pybind11::error_already_set();
  return reinterpret_cast<PyTypeObject*>(type);
}

PyObject* iterate(PyObject* pair) {
  // Text leads nowhere, so that the garbage collector need not know the iterator either. Without
  // the interpreter's lock two threads may ask one iterator at once, which a tuple's can bear.
  if (!has_interpreter_lock || Py_TYPE(pair)->tp_dealloc != deallocate_pair || !holds_texts(pair))
    return PyTuple_Type.tp_iter(pair);
  PyObject* made = free_iterators.take();
  if (made == nullptr) {
    made = reinterpret_cast<PyObject*>(PyObject_New(PairIterator, iterator_type));
    if (made == nullptr) return nullptr;
  } else {
    revive(made);
  }
  as_iterator(made)->pair = Py_NewRef(pair);
  as_iterator(made)->next = 0;
  return made;
}

}  // namespace

PyObject* new_pair(PyTypeObject* type, PyObject* first, PyObject* second) noexcept {
  PyObject* pair = nullptr;
  if (first != nullptr && second != nullptr) {
    pair = free_pairs.take();
    if (pair == nullptr) {
      const NoCollection while_it_is_made;
      pair = reinterpret_cast<PyObject*>(PyObject_GC_NewVar(PyTupleObject, type, 2));
    } else {
      revive(pair);
      if (Py_TYPE(pair) != type) {
        Py_DECREF(Py_TYPE(pair));
        Py_INCREF(type);
        Py_SET_TYPE(pair, type);
      }
    }
  }
  if (pair == nullptr) {
    Py_XDECREF(first);
    Py_XDECREF(second);
    return nullptr;
  }
#if PY_VERSION_HEX >= 0x030E0000
  reinterpret_cast<PyTupleObject*>(pair)->ob_hash = -1;  // not computed yet
#endif
  PyTuple_SET_ITEM(pair, 0, first);
  PyTuple_SET_ITEM(pair, 1, second);
  // Text leads nowhere: the garbage collector need not know.
  if (!holds_texts(pair)) PyObject_GC_Track(pair);
  return pair;
}

void keep_pairs(PyTypeObject* type) {
  if (iterator_type == nullptr) iterator_type = made_iterator_type();
  type->tp_dealloc = deallocate_pair;
  type->tp_iter = iterate;
}

}  // namespace rapidmarc::python
