#include "python/record_forms.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "core/escape.hpp"
#include "core/format.hpp"
#include "python/imports.hpp"
#include "python/record_walk.hpp"

namespace rapidmarc::python {
namespace {

// Thrown by a form at something that only Python can write, or only Python can refuse.
struct NotNative {};

/// The characters of a string; of one with lone surrogates, or of another object, none.
std::string_view characters_of(const Piece& piece) {
  if (piece.object == nullptr) return piece.utf8;
  if (!PyUnicode_CheckExact(piece.object)) throw NotNative();
  Py_ssize_t size = 0;
  const char* const utf8 = PyUnicode_AsUTF8AndSize(piece.object, &size);
  if (utf8 == nullptr) {
    PyErr_Clear();
    throw NotNative();
  }
  return {utf8, static_cast<std::size_t>(size)};
}

bool is_none(const Piece& piece) { return piece.object == Py_None; }

py::object made_of(const Piece& piece) {
  if (piece.object != nullptr) return py::reinterpret_borrow<py::object>(piece.object);
  if (piece.ascii && piece.utf8.size() == 1) {
    return py::reinterpret_borrow<py::object>(
        imports().characters[static_cast<unsigned char>(piece.utf8[0])]);
  }
  return text(piece.utf8, piece.ascii);
}

/// A tag; the same object for each field that has it, as `Field.tag` does it.
py::object tag_of(const Piece& tag) {
  if (tag.object != nullptr) return py::reinterpret_borrow<py::object>(tag.object);
  return owned(interned_tag(tag.utf8.data()));
}

class DictForm {
 public:
  explicit DictForm(std::size_t fields) {
    fields_.reserve(fields);
    subfields_.reserve(usual_subfields);
  }

  void check_other_class() const noexcept {}

  void control(const Piece& tag, const Piece& data) {
    fields_.push_back(one_item(tag_of(tag), made_of(data)));
  }

  void begin(const Piece& tag, const Piece& first, const Piece& second) {
    tag_ = tag_of(tag);
    parts_ = owned(PyDict_New());
    set(parts_, known_.ind1, made_of(first));
    set(parts_, known_.ind2, made_of(second));
  }

  void subfield(const Piece& code, const Piece& value) {
    subfields_.push_back(one_item(made_of(code), made_of(value)));
  }

  void end() {
    set(parts_, known_.subfields, taken(subfields_));
    fields_.push_back(one_item(tag_, parts_));
  }

  py::object fields() { return taken(fields_); }

 private:
  static void set(const py::object& dict, PyObject* key, const py::object& value) {
    checked(PyDict_SetItem(dict.ptr(), key, value.ptr()));
  }

  static py::object one_item(const py::object& key, const py::object& value) {
    py::object one = owned(PyDict_New());
    set(one, key.ptr(), value);
    return one;
  }

  /// A list of its final size, and the vector ready for the next one.
  static py::object taken(std::vector<py::object>& items) {
    py::object list = owned(PyList_New(static_cast<Py_ssize_t>(items.size())));
    Py_ssize_t place = 0;
    for (py::object& item : items) PyList_SET_ITEM(list.ptr(), place++, item.release().ptr());
    items.clear();
    return list;
  }

  static constexpr std::size_t usual_subfields = 16;

  const Imports& known_ = imports();
  std::vector<py::object> fields_;
  py::object tag_;
  py::object parts_;
  std::vector<py::object> subfields_;
};

class JsonForm {
 public:
  /// `comma` and `colon` are what separates items, and names from values.
  JsonForm(std::string_view comma, std::string_view colon)
      : comma_(comma),
        colon_(colon),
        before_fields_(comma_ + "\"fields\"" + colon_ + '['),
        before_ind1_("{\"ind1\"" + colon_),
        before_ind2_(comma_ + "\"ind2\"" + colon_),
        before_subfields_(comma_ + "\"subfields\"" + colon_ + '[') {}

  /// Asks for memory once for a record of about `size` bytes.
  void reserve(std::size_t size) { out_.reserve(2 * size + 256); }

  [[noreturn]] void check_other_class() const { throw NotNative(); }

  void leader(std::string_view leader) {
    out_ += "{\"leader\"";
    out_ += colon_;
    append_json_string(out_, leader);
    out_ += before_fields_;
  }

  void control(const Piece& tag, const Piece& data) {
    start(tag);
    value(data);
    out_.push_back('}');
  }

  void begin(const Piece& tag, const Piece& first, const Piece& second) {
    start(tag);
    out_ += before_ind1_;
    value(first);
    out_ += before_ind2_;
    value(second);
    out_ += before_subfields_;
    is_first_subfield_ = true;
  }

  void subfield(const Piece& code, const Piece& content) {
    if (!is_first_subfield_) out_ += comma_;
    is_first_subfield_ = false;
    named(code);
    value(content);
    out_.push_back('}');
  }

  void end() { out_ += "]}}"; }

  const std::string& finish() { return out_ += "]}"; }

 private:
  void value(const Piece& piece) {
    if (is_none(piece)) {
      out_ += "null";
    } else {
      append_json_string(out_, characters_of(piece));
    }
  }

  void named(const Piece& name) {
    out_.push_back('{');
    append_json_string(out_, characters_of(name));
    out_ += colon_;
  }

  void start(const Piece& tag) {
    if (!is_first_field_) out_ += comma_;
    is_first_field_ = false;
    named(tag);
  }

  const std::string comma_;
  const std::string colon_;
  const std::string before_fields_;
  const std::string before_ind1_;
  const std::string before_ind2_;
  const std::string before_subfields_;
  std::string out_;
  bool is_first_field_ = true;
  bool is_first_subfield_ = true;
};

class XmlForm {
 public:
  XmlForm(std::string_view attributes, bool ascii_only) : ascii_only_(ascii_only) {
    out_ += "<record";
    out_ += attributes;
    out_.push_back('>');
  }

  /// Asks for memory once for a record of about `size` bytes.
  void reserve(std::size_t size) { out_.reserve(3 * size + 256); }

  [[noreturn]] void check_other_class() const { throw NotNative(); }

  void leader(std::string_view leader) {
    out_ += "<leader";
    content("leader", leader);
  }

  void control(const Piece& tag, const Piece& data) {
    out_ += "<controlfield";
    attribute("tag", tag);
    content("controlfield", text_of(data));
  }

  void begin(const Piece& tag, const Piece& first, const Piece& second) {
    out_ += "<datafield";
    attribute("ind1", first);
    attribute("ind2", second);
    attribute("tag", tag);
    has_subfields_ = false;
  }

  void subfield(const Piece& code, const Piece& value) {
    if (!has_subfields_) out_.push_back('>');
    has_subfields_ = true;
    out_ += "<subfield";
    attribute("code", code);
    content("subfield", text_of(value));
  }

  void end() { out_ += has_subfields_ ? "</datafield>" : " />"; }

  const std::string& finish() { return out_ += "</record>"; }

 private:
  static std::string_view text_of(const Piece& piece) {
    return is_none(piece) ? std::string_view() : characters_of(piece);
  }

  void attribute(std::string_view name, const Piece& value) {
    out_.push_back(' ');
    out_ += name;
    out_ += "=\"";
    if (!append_xml_attribute(out_, characters_of(value), ascii_only_)) throw NotNative();
    out_.push_back('"');
  }

  void content(std::string_view name, std::string_view text) {
    if (text.empty()) {
      out_ += " />";
      return;
    }
    out_.push_back('>');
    append_xml_text(out_, text, ascii_only_);
    out_ += "</";
    out_ += name;
    out_.push_back('>');
  }

  std::string out_;
  bool ascii_only_;
  bool has_subfields_ = false;
};

/// Fills a form of text with an exact `Record`; false for what only Python can write or refuse.
template <typename Form>
bool fill(const py::object& record, Form& form) {
  if (Py_TYPE(record.ptr()) != record_type()) return false;
  RecordObject* const self = as_record(record.ptr());
  try {
    form.reserve(self->content_length);
    const py::object leader = leader_text(self);
    form.leader(characters_of(Piece(leader)));
    walk_fields(self, form);
  } catch (const NotNative&) {
    return false;
  }
  return true;
}

py::object json_of(const py::object& record, std::string_view comma, std::string_view colon) {
  JsonForm form(comma, colon);
  if (!fill(record, form)) return py::none();
  return text(form.finish(), true);
}

py::object xml_of(const py::object& record, std::string_view attributes, bool ascii_only) {
  XmlForm form(attributes, ascii_only);
  if (!fill(record, form)) return py::none();
  return py::bytes(form.finish());
}

}  // namespace

PyObject* record_as_dict(PyObject* object, PyObject* /*unused*/) {
  return guarded([object]() -> py::object {
    RecordObject* const self = as_record(object);
    py::dict all;
    all["leader"] = leader_text(self);
    DictForm form(self->entry_count);
    if (Py_TYPE(object) == record_type()) {
      walk_fields(self, form);
    } else {
      // A subclass may iterate in its own way.
      for (const py::handle field : py::handle(object)) walk_field(field.ptr(), form);
    }
    all["fields"] = form.fields();
    return all;
  });
}

void bind_record_forms(py::module_& module) {
  module.def("_json_of", &json_of, py::arg("record"), py::arg("comma"), py::arg("colon"),
             "MARC-in-JSON, or None for a record that only Python can write.");
  module.def("_xml_of", &xml_of, py::arg("record"), py::arg("attributes"), py::arg("ascii_only"),
             "MARCXML, or None for a record that only Python can write.");
}

}  // namespace rapidmarc::python
