#include "python/pair.hpp"

#include "python/free_list.hpp"

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

}  // namespace

PyObject* new_pair(PyTypeObject* type, PyObject* first, PyObject* second) noexcept {
  PyObject* pair = nullptr;
  if (first != nullptr && second != nullptr) {
    pair = free_pairs.take();
    if (pair == nullptr) {
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

void free_pairs_by_us(PyTypeObject* type) noexcept { type->tp_dealloc = deallocate_pair; }

}  // namespace rapidmarc::python
