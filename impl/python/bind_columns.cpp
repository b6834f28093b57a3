#include "python/bind_columns.hpp"

#include <pybind11/stl.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "columns/any_order.hpp"
#include "columns/arrow.hpp"
#include "columns/column_reader.hpp"
#include "io/source.hpp"
#include "python/column_feeds.hpp"
#include "python/critical_section.hpp"
#include "python/gil.hpp"
#include "python/imports.hpp"
#include "python/reader_state.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

using columns::ColumnKind;
using columns::ColumnReader;
using columns::Condition;
using columns::OnError;
using columns::Path;
using columns::Plan;
using columns::Test;

/// The path, or a PathError that points at what is wrong.
Path path_of(const std::string& text) {
  auto parsed = columns::parse_path(text);
  if (Path* const path = std::get_if<Path>(&parsed)) return std::move(*path);
  const auto& fault = std::get<columns::PathFault>(parsed);
  const py::object error =
      py::handle(imports().exceptions).attr("PathError")(text, fault.position, fault.expected);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.ptr())), error.ptr());
  throw py::error_already_set();
}

columns::Regex regex_of(const std::string& pattern) {
  auto compiled = columns::Regex::compile(pattern);
  if (auto* const regex = std::get_if<columns::Regex>(&compiled)) return std::move(*regex);
  throw py::value_error("matches(): " + std::get<std::string>(compiled));
}

/// A condition from its form in Python: (KIND, PATH, TEXT) for a test, (KIND, [PART, ...]).
Condition condition_of(const py::tuple& form, Plan& plan) {
  const auto kind = form[0].cast<std::string>();
  Condition condition;
  if (kind == "all" || kind == "any" || kind == "none") {
    condition.kind = kind == "all"   ? Condition::Kind::all
                     : kind == "any" ? Condition::Kind::any
                                     : Condition::Kind::none;
    for (const py::handle part : form[1]) {
      condition.parts.push_back(condition_of(py::reinterpret_borrow<py::tuple>(part), plan));
    }
    return condition;
  }
  Test test;
  test.text = form[2].cast<std::string>();
  if (kind == "equals") test.kind = Test::Kind::equals;
  if (kind == "starts_with") test.kind = Test::Kind::starts_with;
  if (kind == "matches") {
    test.kind = Test::Kind::matches;
    test.regex = regex_of(test.text);
  }
  return plan.add_test(path_of(form[1].cast<std::string>()), std::move(test));
}

ColumnKind kind_of(const std::string& name) {
  if (name == "text") return ColumnKind::text;
  if (name == "every") return ColumnKind::every;
  if (name == "count") return ColumnKind::count;
  if (name == "offset") return ColumnKind::offset;
  if (name == "length") return ColumnKind::length;
  return ColumnKind::integer;
}

OnError on_error_of(const std::string& name) {
  if (name == "raise") return OnError::raise;
  return name == "skip" ? OnError::skip : OnError::null;
}

/// What a stream has done, for whoever asks while it is read by another thread.
struct Progress {
  std::atomic<std::uint64_t> records{0};
  std::atomic<std::uint64_t> skipped{0};
};

/// What an exported stream keeps.
struct Stream {
  std::unique_ptr<columns::TableStream> tables;
  std::shared_ptr<Progress> progress;
  std::string error;
};

/// Runs a callback's `body`, which may throw; 0 or what went wrong, as errno has it.
template <typename Body>
int answered(Stream& stream, Body body) noexcept {
  try {
    body();
    return 0;
  } catch (const columns::SelectionError& error) {
    stream.error = error.text;
    return error.number;
  } catch (const std::bad_alloc&) {
    stream.error.clear();
    return ENOMEM;
  } catch (const std::exception& error) {
    stream.error = error.what();
    return EIO;
  }
}

int get_schema(ArrowArrayStream* self, ArrowSchema* out) {
  Stream& stream = *static_cast<Stream*>(self->private_data);
  return answered(stream, [&] { columns::export_schema(stream.tables->plan(), *out); });
}

int get_next(ArrowArrayStream* self, ArrowArray* out) {
  Stream& stream = *static_cast<Stream*>(self->private_data);
  *out = {};
  // Consumers call from threads with the interpreter's lock and without.
  std::optional<GilRelease> released;
  if (Py_IsInitialized() != 0 && PyGILState_Check() == 1) released.emplace();
  return answered(stream, [&] {
    auto table = stream.tables->next();
    stream.progress->records = stream.tables->records();
    stream.progress->skipped = stream.tables->skipped();
    if (table) columns::export_table(*std::move(table), *out);
  });
}

const char* get_last_error(ArrowArrayStream* self) {
  const std::string& error = static_cast<const Stream*>(self->private_data)->error;
  return error.empty() ? nullptr : error.c_str();
}

void release_stream(ArrowArrayStream* self) {
  std::unique_ptr<Stream>(static_cast<Stream*>(self->private_data)).reset();
  self->release = nullptr;
}

/// `structure` in a capsule that releases it unless a consumer has taken it out.
template <typename Structure>
py::object capsule_of(std::unique_ptr<Structure> structure, const char* name) {
  PyObject* const capsule = PyCapsule_New(structure.get(), name, [](PyObject* self) {
    const std::unique_ptr<Structure> held(
        static_cast<Structure*>(PyCapsule_GetPointer(self, PyCapsule_GetName(self))));
    if (held->release != nullptr) held->release(held.get());
  });
  const py::object owner = owned(capsule);
  static_cast<void>(structure.release());
  return owner;
}

/// Columns and a condition, ready to be read any number of times.
class Selection {
 public:
  Selection(const py::list& wanted, const py::object& condition, const std::string& on_error,
            const py::object& dialect)
      : on_error_(on_error_of(on_error)), dialect_(dialect_of(dialect)) {
    auto plan = std::make_shared<Plan>();
    for (const py::handle each : wanted) {
      const auto column = py::reinterpret_borrow<py::tuple>(each);
      auto name = column[0].cast<std::string>();
      const auto form = column[1].cast<py::tuple>();
      const auto kind = form[0].cast<std::string>();
      if (kind == "offset" || kind == "length") {
        plan->add_column(std::move(name), kind_of(kind));
      } else if (kind == "text" || kind == "every" || kind == "count" || kind == "integer") {
        plan->add_column(std::move(name), kind_of(kind), path_of(form[1].cast<std::string>()));
      } else {
        plan->add_column(std::move(name), condition_of(form, *plan));
      }
    }
    if (!condition.is_none()) plan->set_filter(condition_of(condition.cast<py::tuple>(), *plan));
    plan->finish();
    work_ = std::make_shared<columns::TableWork>(std::move(plan));
  }

  py::object schema() const {
    auto schema = std::make_unique<ArrowSchema>();
    columns::export_schema(*work_->plan(), *schema);
    return capsule_of(std::move(schema), "arrow_schema");
  }

  /// A stream over the bytes from the first of `edges` to the last of the file or the buffer
  /// `source`, or over the file object `source`, by `way`. Between edges there may be more, where
  /// records begin: what lies between two is read by itself, and tables come in any order.
  py::object stream(const std::string& way, const py::object& source, unsigned threads,
                    std::size_t batch_bytes, const std::vector<std::uint64_t>& edges) {
    stay_if_closing();
    std::vector<columns::AnyOrderReader::Part> parts;
    const std::size_t count = edges.size() - 1;
    // Each part has one thread that decodes ahead, and all share the consumer's.
    const ChunkOptions options = options_for(count == 1 ? threads : 2, batch_bytes);
    parts.reserve(count);
    for (std::size_t part = 0; part < count; ++part) {
      parts.push_back({std::make_unique<ColumnReader>(
                           work_, feed_of(way, source, edges[part], edges[part + 1], options),
                           odd_records(), on_error_),
                       edges[part]});
    }
    progress_ = std::make_shared<Progress>();
    auto state = std::make_unique<Stream>();
    state->progress = progress_;
    if (count == 1) {
      state->tables = std::move(parts.front().reader);
    } else {
      state->tables = std::make_unique<columns::AnyOrderReader>(std::move(parts));
    }
    auto exported = std::make_unique<ArrowArrayStream>();
    exported->get_schema = &get_schema;
    exported->get_next = &get_next;
    exported->get_last_error = &get_last_error;
    exported->release = &release_stream;
    exported->private_data = state.release();
    return capsule_of(std::move(exported), "arrow_array_stream");
  }

  std::uint64_t records() const { return progress_->records; }
  std::uint64_t skipped() const { return progress_->skipped; }

 private:
  ChunkOptions options_for(unsigned threads, std::size_t batch_bytes) const {
    ChunkOptions options;
    options.decode.quiet_marc8 = true;
    options.decode.dialect = dialect_;
    options.decode.recover = on_error_ != OnError::raise;
    options.threads = threads;
    options.chunk_size = batch_bytes;
    options.queue_bytes = std::max(options.queue_bytes, 2 * threads * batch_bytes);
    options.work = work_;
    return options;
  }

  static std::unique_ptr<columns::BatchFeed> feed_of(const std::string& way,
                                                     const py::object& source, std::uint64_t start,
                                                     std::uint64_t stop,
                                                     const ChunkOptions& options) {
    if (way == "memory") return feed_of_buffer(source, start, stop, options);
    if (way != "native") return feed_of_handle(source, options);
    auto file = std::make_shared<FileSource>(source.attr("fileno")().cast<int>());
    return std::make_unique<columns::ChunkFeed>(source_up_to(std::move(file), stop), start,
                                                options);
  }

  std::shared_ptr<columns::TableWork> work_;
  OnError on_error_;
  Dialect dialect_;
  std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();  // of the newest stream
};

}  // namespace

void bind_columns(py::module_& module) {
  module.def(
      "_check_path", [](const std::string& path) { static_cast<void>(path_of(path)); },
      py::arg("path"));
  module.def(
      "_check_regex", [](const std::string& text) { static_cast<void>(regex_of(text)); },
      py::arg("text"));
  py::class_<Selection>(module, "_Selection",
                        py::metaclass(reinterpret_cast<PyObject*>(&PyType_Type)))
      .def(py::init<const py::list&, const py::object&, const std::string&, const py::object&>(),
           py::arg("wanted"), py::arg("condition"), py::arg("on_error"), py::arg("dialect"))
      .def("schema", locked_method(&Selection::schema))
      .def("stream", locked_method(&Selection::stream), py::arg("way"), py::arg("source"),
           py::arg("threads"), py::arg("batch_bytes"), py::arg("edges"))
      .def_property_readonly("records", locked_method(&Selection::records))
      .def_property_readonly("skipped", locked_method(&Selection::skipped));
}

}  // namespace rapidmarc::python
