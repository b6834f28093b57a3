// MARC-8 for Python: conversion of single values, and the code tables as pymarc's dictionaries.
//
// No exception for damaged text is made here: None says that a value is invalid, and marc8.py
// raises. The conversion of whole records does not come this way.
#include "python/bind_marc8.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/marc8.hpp"
#include "core/marc8_tables.hpp"
#include "core/nfc.hpp"
#include "python/buffer_view.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

// A str copied to one unit a character, lone surrogates included.
std::u32string characters_of(py::handle text) {
  std::u32string characters(static_cast<std::size_t>(PyUnicode_GET_LENGTH(text.ptr())), U'\0');
  Py_ssize_t index = 0;
  for (char32_t& each : characters) each = PyUnicode_READ_CHAR(text.ptr(), index++);
  return characters;
}

// To the standard error of the moment, one write a note, as pymarc does it.
void write_notes(const std::vector<Marc8Note>& notes) {
  if (notes.empty()) return;
  const py::object stream = py::module_::import("sys").attr("stderr");
  for (const Marc8Note& note : notes) stream.attr("write")(to_text(note));
}

// The text of `data`, or None if it is invalid. Like pymarc, takes what counts as false for an
// empty value and a str for a run of codes.
py::object translate(Marc8Decoder& decoder, py::handle data, bool quiet) {
  if (!is_true(data.ptr())) return py::str();
  std::string out;
  std::vector<Marc8Note> notes;
  Marc8Status status = Marc8Status::ok;
  if (PyUnicode_Check(data.ptr())) {
    status = decoder.translate(characters_of(data), out, &notes, quiet);
  } else {
    const BufferView view(data);
    // Most values by far.
    if (decoder.g0() == Marc8Decoder::basic_latin && marc8_is_plain(view.bytes())) {
      return text(view.bytes(), true);
    }
    status = decoder.translate(view.bytes(), out, &notes, quiet);
  }
  write_notes(notes);
  if (status == Marc8Status::invalid) return py::none();
  return text(out);
}

// Called once for every value, so it goes round pybind11's dispatch.
PyObject* marc8_to_unicode(PyObject* /*module*/, PyObject* const* arguments, Py_ssize_t count) {
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "_marc8_to_unicode takes two arguments");
    return nullptr;
  }
  return guarded([&] {
    Marc8Decoder decoder;
    return translate(decoder, arguments[0], is_true(arguments[1]));
  });
}

PyMethodDef marc8_to_unicode_definition = {
    "_marc8_to_unicode",
    // The way through a plain function pointer is CPython's own for this calling convention.
    reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(marc8_to_unicode)),
    METH_FASTCALL,
    "_marc8_to_unicode(marc8, quiet, /)\n--\n\n"
    "The text of one value, or None if it is invalid; notes go to sys.stderr.",
};

py::tuple translate_with_sets(py::handle data, int g0, int g1, bool quiet) {
  Marc8Decoder decoder(g0, g1);
  const py::object translated = translate(decoder, data, quiet);
  return py::make_tuple(translated, decoder.g0(), decoder.g1());
}

std::uint32_t as_in_the_table(std::uint32_t set, std::uint32_t code, std::uint32_t character) {
  const auto& unnormalised = marc8_tables::unnormalised_values;
  const auto found = std::find_if(unnormalised.begin(), unnormalised.end(), [&](const auto& each) {
    return each.set == set && each.code == code;
  });
  return found != unnormalised.end() ? found->value : character;
}

// A set as pymarc's dictionary: code -> (character, 1 for a combining mark or 0).
py::dict code_set(std::uint8_t set) {
  py::dict codes;
  const auto add = [&](std::uint32_t code, std::uint32_t character, int combining) {
    codes[py::int_(code)] = py::make_tuple(as_in_the_table(set, code, character), combining);
  };
  if (set != marc8_tables::east_asian) {
    const auto& cells = marc8_tables::one_byte_cells[marc8_tables::one_byte_sets[set]];
    for (std::uint32_t code = 0; code < 256; ++code) {
      if (cells[code] == 0) continue;
      add(code, cells[code] & marc8_tables::character_bits,
          (cells[code] & marc8_tables::combining) != 0);
    }
    return codes;
  }
  marc8_tables::for_each_east_asian(
      [&](std::uint32_t code, std::uint32_t character) { add(code, character, 0); });
  return codes;
}

py::dict odd_map() {
  py::dict codes;
  for (const auto& each : marc8_tables::odd_codes) {
    codes[py::int_(each.code)] = py::int_(each.value);
  }
  return codes;
}

// The text in MARC-8, or the index of the first character that has no code.
py::object encode(const py::str& unicode, bool numeric_references) {
  const std::string_view utf8 = utf8_of(unicode.ptr());
  std::string out;
  const auto error = marc8_encode(
      utf8, out, numeric_references ? Marc8Unmappable::numeric_reference : Marc8Unmappable::error);
  if (!error) return py::bytes(out);
  const auto before = utf8.substr(0, error->position);
  return py::int_(
      std::count_if(before.begin(), before.end(), [](char each) { return (each & 0xC0) != 0x80; }));
}

py::object expand(const py::str& unicode) {
  std::string out;
  expand_numeric_references(utf8_of(unicode.ptr()), out);
  return text(out);
}

/// `unicode` in the normal form named; characters that are none, lone surrogates, stay.
py::object normalise_text(const py::str& unicode, std::string_view form) {
  std::u32string characters = characters_of(unicode);
  form == "NFC" ? normalise(characters) : normalise_to_nfd(characters);
  return owned(PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, characters.data(),
                                         static_cast<Py_ssize_t>(characters.size())));
}

}  // namespace

void bind_marc8(py::module_& module) {
  const py::object name = module.attr("__name__");
  module.attr("_marc8_to_unicode") =
      owned(PyCFunction_NewEx(&marc8_to_unicode_definition, nullptr, name.ptr()));
  module.def("_marc8_translate", &translate_with_sets, py::arg("marc8"), py::arg("g0"),
             py::arg("g1"), py::arg("quiet"),
             "Text, or None if invalid, and the sets in force afterwards.");
  module.def("_marc8_code_set", &code_set, py::arg("set"));
  module.def("_marc8_odd_map", &odd_map);
  module.def("_marc8_encode", &encode, py::arg("text"), py::arg("numeric_references"),
             "MARC-8, or the index of the first character that has no code.");
  module.def("_expand_numeric_references", &expand, py::arg("text"));
  module.def("_normalise", &normalise_text, py::arg("text"), py::arg("form"), "To NFC or NFD.");
}

}  // namespace rapidmarc::python
