#include "python/column_feeds.hpp"

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "core/annotate.hpp"
#include "python/backend.hpp"
#include "python/buffer_view.hpp"
#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/imports.hpp"
#include "python/record.hpp"
#include "python/record_walk.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

using columns::SelectionError;

LazyImport decode_into("rapidmarc._eager", "decode_into");
LazyImport describe_located("rapidmarc.exceptions", "locate");

/// Holds the interpreter's lock, on a thread that has it or not. Throws SelectionError when the
/// interpreter is about to end.
class GilHold {
 public:
  GilHold() {
    if (is_closing()) throw SelectionError{ECANCELED, "the interpreter is shutting down"};
    state_ = PyGILState_Ensure();
  }
  GilHold(const GilHold&) = delete;
  GilHold& operator=(const GilHold&) = delete;
  ~GilHold() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_{};
};

const void* left(const void* block) noexcept { return block; }
const void* left(py::handle object) noexcept { return object.ptr(); }

/// Lets objects go under the lock; at the end of the interpreter they are left where they are.
template <typename... Objects>
void drop_with_lock(Objects&... objects) noexcept {
  if (is_closing()) {
    (annotate_left(left(objects.release())), ...);
    return;
  }
  const PyGILState_STATE state = PyGILState_Ensure();
  ((objects = {}), ...);
  PyGILState_Release(state);
}

/// The exception as `TYPE: text`, as the last line of a traceback has it.
std::string text_of(const py::error_already_set& error) {
  const py::object& value = error.value();
  return std::string(Py_TYPE(value.ptr())->tp_name) + ": " + py::str(value).cast<std::string>();
}

class HandleFeed final : public columns::BatchFeed {
 public:
  HandleFeed(py::object handle, const ChunkOptions& options)
      : backend_(
            std::make_unique<BatchedBackend>(std::move(handle), limits_of(options.chunk_size))),
        decode_(options.decode),
        work_(options.work) {}
  HandleFeed(const HandleFeed&) = delete;
  HandleFeed& operator=(const HandleFeed&) = delete;
  ~HandleFeed() override { drop_with_lock(keeps_alive_, backend_); }

  std::unique_ptr<Batch> next() override {
    const GilHold hold;
    try {
      Fetched fetched = backend_->fetch(decode_, counts_);
      keeps_alive_ = std::move(fetched.keeps_alive);
      if (!fetched.batch) return nullptr;
      const GilRelease released;
      fetched.batch->product = work_->work_on(*fetched.batch);
      return std::move(fetched.batch);
    } catch (const py::error_already_set& error) {
      throw SelectionError{EIO, text_of(error)};
    } catch (const py::builtin_exception& error) {
      throw SelectionError{EIO, error.what()};
    }
  }

  void give_back(std::unique_ptr<Batch> batch) override { backend_->give_back(std::move(batch)); }

 private:
  static BatchLimits limits_of(std::size_t batch_bytes) {
    BatchLimits limits;
    limits.bytes = batch_bytes;
    return limits;
  }

  std::unique_ptr<BatchedBackend> backend_;
  DecodeOptions decode_;
  std::shared_ptr<const BatchWork> work_;
  ReaderCounts counts_;
  py::object keeps_alive_;  // whose memory the last batch's bytes are
};

class BufferFeed final : public columns::BatchFeed {
 public:
  BufferFeed(const py::object& buffer, std::uint64_t start, std::uint64_t stop,
             const ChunkOptions& options)
      : view_(std::make_unique<BufferView>(buffer)),
        chunks_(std::make_unique<columns::ChunkFeed>(
            source_up_to(std::make_shared<MemorySource>(view_->bytes()), stop), start, options)) {}
  BufferFeed(const BufferFeed&) = delete;
  BufferFeed& operator=(const BufferFeed&) = delete;
  ~BufferFeed() override {
    chunks_.reset();  // ends the threads that read from the view
    drop_with_lock(view_);
  }

  std::unique_ptr<Batch> next() override { return chunks_->next(); }
  std::unique_ptr<Batch> try_next() override { return chunks_->try_next(); }
  void give_back(std::unique_ptr<Batch> batch) override { chunks_->give_back(std::move(batch)); }

 private:
  std::unique_ptr<BufferView> view_;
  std::unique_ptr<columns::ChunkFeed> chunks_;
};

/// Writes what a record says into a batch's tables, as decoding does for odd records.
class TableForm {
 public:
  explicit TableForm(Tables& tables) : tables_(tables), start_(tables.images.size()) {}

  void check_other_class() const noexcept {}

  void control(const Piece& tag, const Piece& data) {
    start_field(tag, true);
    append(data);
    end();
  }
  void begin(const Piece& tag, const Piece& first, const Piece& second) {
    start_field(tag, false);
    append(first);
    append(second);
  }
  void subfield(const Piece& code, const Piece& value) {
    tables_.images += subfield_delimiter;
    append(code);
    append(value);
  }
  void end() {
    Entry& entry = tables_.entries.back();
    entry.length = static_cast<std::uint32_t>(tables_.images.size() - start_) - entry.offset;
  }

 private:
  void start_field(const Piece& tag, bool control) {
    Entry entry{};
    bytes_of(tag).copy(entry.tag, sizeof entry.tag);
    entry.control = control;
    entry.offset = static_cast<std::uint32_t>(tables_.images.size() - start_);
    tables_.entries.push_back(entry);
  }
  static std::string_view bytes_of(const Piece& piece) {
    return piece.object == nullptr ? piece.utf8 : utf8_of(piece.object);
  }
  void append(const Piece& piece) { tables_.images += bytes_of(piece); }

  Tables& tables_;
  std::size_t start_;
};

const char* name_of(Dialect dialect) noexcept {
  switch (dialect) {
    case Dialect::unimarc: return "unimarc";
    case Dialect::latin1: return "latin1";
    case Dialect::marc21: break;
  }
  return "marc21";
}

class OddRecordsInPython final : public columns::OddRecords {
 public:
  std::optional<std::string> read(Batch& batch, std::size_t number, std::uint64_t index) override {
    const GilHold hold;
    DecodedRecord& decoded = batch.tables.records[number];
    const std::string_view bytes = batch.bytes.substr(decoded.span.offset, decoded.span.length);
    const Place place{index, batch.offset + decoded.span.offset, bytes};
    if (decoded.damage != Error::none) return words_for(framing_exception(decoded.damage, place));
    try {
      RecordObject* const made = new_record(Py_True, Py_False);
      const py::object record = owned(reinterpret_cast<PyObject*>(made));
      decode_into.get()(record, py::bytes(bytes.data(), bytes.size()), true, false, true, "strict",
                        "iso8859-1", py::none(), false, name_of(batch.options.dialect));
      decoded.first_entry = static_cast<std::uint32_t>(batch.tables.entries.size());
      decoded.image = static_cast<std::uint32_t>(batch.tables.images.size());
      TableForm form(batch.tables);
      walk_fields(made, form);
      decoded.entry_count =
          static_cast<std::uint32_t>(batch.tables.entries.size()) - decoded.first_entry;
      decoded.road = Road::image;
      return std::nullopt;
    } catch (const py::error_already_set& error) {
      locate(error.value(), place, find_fault(bytes, batch.options));
      return words_for(error.value());
    }
  }

  std::string framing_fault(const Batch& batch, std::uint64_t index) override {
    const GilHold hold;
    const std::string_view bytes = batch.bytes.substr(batch.end, batch.framing.fault_length);
    return words_for(framing_exception(batch.framing.fault, {index, batch.end_offset(), bytes}));
  }

 private:
  static std::string words_for(const py::object& exception) {
    return py::str(describe_located.get()(exception)).cast<std::string>();
  }
};

}  // namespace

std::unique_ptr<columns::BatchFeed> feed_of_handle(py::object handle, const ChunkOptions& options) {
  return std::make_unique<HandleFeed>(std::move(handle), options);
}

std::unique_ptr<columns::BatchFeed> feed_of_buffer(const py::object& buffer, std::uint64_t start,
                                                   std::uint64_t stop,
                                                   const ChunkOptions& options) {
  return std::make_unique<BufferFeed>(buffer, start, stop, options);
}

std::unique_ptr<columns::OddRecords> odd_records() {
  return std::make_unique<OddRecordsInPython>();
}

}  // namespace rapidmarc::python
