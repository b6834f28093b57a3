#include "python/writer.hpp"

#include <cerrno>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

#include "io/sink.hpp"
#include "parallel/worker_pool.hpp"
#include "python/buffer_view.hpp"
#include "python/critical_section.hpp"
#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/record_encode.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

using namespace std::chrono_literals;

// How often a thread that waits looks whether the user wants to stop.
constexpr auto look_up = 100ms;
// A file that nobody closed is written to its end unless no byte goes through for so long.
constexpr auto stalled = 2000ms;

EncodeOptions options_of(std::string_view oversize, bool marc8, bool numeric_references) {
  return {oversize_of(oversize), marc8,
          numeric_references ? Marc8Unmappable::numeric_reference : Marc8Unmappable::error};
}

/// Bytes of any record; see `encode`.
std::string_view encode_any(py::handle record, const EncodeOptions& options,
                            RecordEncoder& encoder) {
  if (!is_record(record.ptr())) throw py::type_error("not a Record");
  return encode(as_record(record.ptr()), options, encoder);
}

class RecordFile;
/// Those that still have a thread or bytes to write.
class OpenFiles {
 public:
  void insert(RecordFile* file) {
    const std::lock_guard lock(mutex_);
    files_.insert(file);
  }
  void erase(RecordFile* file) {
    const std::lock_guard lock(mutex_);
    files_.erase(file);
  }
  /// Takes one out; null when there is none left.
  RecordFile* take() {
    const std::lock_guard lock(mutex_);
    if (files_.empty()) return nullptr;
    return files_.extract(files_.begin()).value();
  }

 private:
  SharedLock mutex_;
  std::set<RecordFile*> files_;
};

OpenFiles& open_files() {
  static OpenFiles files;
  return files;
}

/// Every method is called with the interpreter's lock held, which is what orders appending; where
/// waiting is needed it lets go of it.
class RecordFile {
 public:
  RecordFile(int descriptor, py::object name, std::size_t queue_bytes, bool with_thread)
      : sink_(std::make_unique<FileSink>(descriptor, queue_bytes, with_thread)),
        name_(std::move(name)) {
    open_files().insert(this);
  }
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;
  ~RecordFile() {
    open_files().erase(this);
    const py::error_scope pending;
    const bool is_open = !closed_;
    if (leave_to_parent()) {
      // What the parent's threads were using is never freed here.
      static_cast<void>(sink_.release());
      return;
    }
    int error = 0;
    {
      const GilRelease released;
      if (is_open) sink_->finish(stalled);
      error = sink_->close();
    }
    if (is_open && !told_) report(error);
  }

  void write_record(py::handle record, const EncodeOptions& options) {
    const EncoderLease encoder(encoder_);
    const std::string_view bytes = encode_any(record, options, *encoder);
    require_usable();
    if (sink_->has_room(bytes.size())) return append(bytes);
    // Others may change the record as soon as the lock is let go.
    append_when_room((*encoder).keep(bytes));
  }

  void write(const py::object& data) {
    const BufferView view(data);
    require_usable();
    append_when_room(view.bytes());
  }

  void flush() {
    require_usable();
    sink_->hand_over();
    wait([this] { return sink_->wait_until_written(look_up); });
    require_usable();
  }

  void close() {
    if (closed_) return;
    closed_ = true;  // whoever waits for room meanwhile is told so
    if (leave_to_parent()) return;
    try {
      sink_->hand_over();
      wait([this] { return sink_->wait_until_written(look_up); });
    } catch (...) {
      sink_->give_up();
      close_sink();
      throw;
    }
    throw_if_failed(close_sink());
  }

  void finish_at_exit() noexcept {
    if (closed_ || is_in_child()) return;
    sink_->finish(stalled);
    sink_->stop();
    if (!std::exchange(told_, true)) report(sink_->error());
  }

  bool is_closed() const noexcept { return closed_; }
  const py::object& name() const noexcept { return name_; }
  std::uint64_t tell() const noexcept { return sink_->appended(); }
  std::size_t high_water() const noexcept { return sink_->high_water(); }
  int descriptor() const {
    if (closed_) throw py::value_error("I/O operation on closed file");
    return sink_->descriptor();
  }

 private:
  /// Counts a thread that waits until there is room.
  class InNeedOfRoom {
   public:
    explicit InNeedOfRoom(int& count) noexcept : count_(count) { ++count_; }
    InNeedOfRoom(const InNeedOfRoom&) = delete;
    InNeedOfRoom& operator=(const InNeedOfRoom&) = delete;
    ~InNeedOfRoom() { --count_; }

   private:
    int& count_;
  };

  bool is_in_child() const noexcept { return forks_ != fork_count(); }

  /// In a child process the bytes and the thread that writes them are the parent's.
  bool leave_to_parent() noexcept {
    if (!is_in_child()) return false;
    sink_->close_in_child();
    return true;
  }

  void require_usable() {
    stay_if_closing();
    if (closed_) throw py::value_error("I/O operation on closed file");
    if (is_in_child()) {
      throw std::runtime_error(
          "the file belongs to the process that opened it; after a fork, open another one");
    }
    throw_if_failed(sink_->error());
  }

  void append_when_room(std::string_view bytes) {
    while (!sink_->has_room(bytes.size())) {
      sink_->hand_over();
      const InNeedOfRoom waiting(in_need_of_room_);
      wait([&] { return sink_->wait_for_room(bytes.size(), look_up); });
      require_usable();
    }
    append(bytes);
  }

  void append(std::string_view bytes) {
    sink_->append(bytes);
    // Who waits would wait for these bytes too, and nobody else may come to hand them over.
    if (in_need_of_room_ > 0) sink_->hand_over();
  }

  /// Calls `done`, which waits a moment, without the lock until it is true; Ctrl-C ends it.
  template <typename Done>
  void wait(Done done) {
    for (;;) {
      bool is_done = false;
      {
        const GilRelease released;
        is_done = done();
      }
      if (is_done) return;
      stay_if_closing();
      checked(PyErr_CheckSignals());
    }
  }

  int close_sink() noexcept {
    open_files().erase(this);
    const GilRelease released;
    return sink_->close();
  }

  void throw_if_failed(int error) {
    if (error == 0) return;
    told_ = true;
    throw_file_error(error, name_);
  }

  /// Tells of an error where none can be raised.
  void report(int error) const noexcept {
    if (error == 0) return;
    errno = error;
    PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, name_.ptr());
    PyErr_WriteUnraisable(name_.ptr());
  }

  std::unique_ptr<FileSink> sink_;
  std::unique_ptr<RecordEncoder> encoder_;  // unless a thread is using it
  py::object name_;
  int in_need_of_room_ = 0;  // threads
  std::uint64_t forks_ = fork_count();
  bool closed_ = false;
  bool told_ = false;  // of an error
};

/// What the function made by `record_writer` is bound to.
struct RecordTarget {
  py::object file;
  RecordFile* native;
  EncodeOptions options;
};

constexpr const char* target_name = "rapidmarc record target";

PyObject* write_record_to(PyObject* capsule, PyObject* record) {
  const auto* const target =
      static_cast<const RecordTarget*>(PyCapsule_GetPointer(capsule, target_name));
  if (target == nullptr) return nullptr;
  return guarded([&] {
    const ObjectLock lock(target->file.ptr());
    target->native->write_record(record, target->options);
    return py::none();
  });
}

PyMethodDef write_record_definition = {"write_record", write_record_to, METH_O,
                                       "write_record(record, /)\n--\n\n"
                                       "Append the record's bytes, all or none of them."};

/// A function that writes a record to `file`. It is CPython's own kind of function, because it is
/// called for each record, and pybind11 takes longer to call one than a record to encode.
py::object record_writer(const py::object& file, const EncodeOptions& options) {
  auto target =
      std::make_unique<RecordTarget>(RecordTarget{file, &file.cast<RecordFile&>(), options});
  const py::object capsule = owned(PyCapsule_New(target.get(), target_name, [](PyObject* self) {
    const std::unique_ptr<RecordTarget> ended(
        static_cast<RecordTarget*>(PyCapsule_GetPointer(self, target_name)));
  }));
  static_cast<void>(target.release());  // the capsule has it now
  return owned(PyCFunction_NewEx(&write_record_definition, capsule.ptr(), nullptr));
}

py::bytes encode_record_to_bytes(const py::object& record, const EncodeOptions& options) {
  const Inside inside;
  const EncoderLease encoder;
  const std::string_view bytes = encode_any(record, options, *encoder);
  return {bytes.data(), bytes.size()};
}

}  // namespace

void finish_open_files() {
  // One by one: what tells of an error is Python, and may end other files meanwhile.
  while (RecordFile* const file = open_files().take()) file->finish_at_exit();
}

void bind_writer(py::module_& module) {
  py::class_<EncodeOptions>(module, "_EncodeOptions",
                            py::metaclass(reinterpret_cast<PyObject*>(&PyType_Type)))
      .def(py::init(&options_of), py::arg("oversize") = "error", py::arg("marc8") = false,
           py::arg("numeric_references") = false);
  py::class_<RecordFile>(
      module, "RecordFile",
      py::metaclass(reinterpret_cast<PyObject*>(&PyType_Type)),  // a plain class, as the stub says
      "What `MARCWriter.file_handle` is when the writer opened its file itself.\n\n"
      "Bytes are written by a thread of its own, or block by block by the caller; what goes wrong\n"
      "is raised as OSError by a later call, by close() at the latest. Threads may share it.")
      .def(py::init<int, py::object, std::size_t, bool>(), py::arg("descriptor"), py::arg("name"),
           py::arg("queue_bytes"), py::arg("with_thread") = true)
      .def("write", locked_method(&RecordFile::write), py::arg("data"),
           "Append bytes as they are, all or none of them.")
      .def("_record_writer", &record_writer, py::arg("options"))
      .def("flush", locked_method(&RecordFile::flush),
           "Wait until the operating system has all bytes.")
      .def("close", locked_method(&RecordFile::close),
           "Write the rest and close the file. Interrupted, it gives up the rest.")
      .def("tell", locked_method(&RecordFile::tell),
           "Bytes written so far, those on their way included.")
      .def("fileno", locked_method(&RecordFile::descriptor), "The file descriptor.")
      .def_property_readonly("closed", locked_method(&RecordFile::is_closed),
                             "Whether the file is closed.")
      .def_property_readonly("name", locked_method(&RecordFile::name), "The path as it was given.")
      .def_property_readonly("queue_high_water_bytes", locked_method(&RecordFile::high_water),
                             "The most bytes that ever waited to be written.");
  module.def("_encode_record", &encode_record_to_bytes);
}

}  // namespace rapidmarc::python
