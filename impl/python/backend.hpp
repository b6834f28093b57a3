// The four ways of getting batches; a reader has one of them for life.
//
//   record   reads one record under the interpreter's lock, decodes it without: the baseline
//   batched  fills a block from a file object, decodes all of it without the lock
//   native   several threads read and decode chunks of a file
//   memory   the same for bytes that lie in memory
//
// `fetch` is called with the lock held and one thread at a time; it lets go of the lock where it
// says so.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "io/source.hpp"
#include "parallel/batch.hpp"
#include "parallel/chunk_reader.hpp"
#include "python/delivery_clock.hpp"
#include "python/gil.hpp"
#include "python/stream.hpp"

namespace rapidmarc::python {

namespace py = pybind11;

/// What a reader has done, in records, bytes and nanoseconds; see `reader.stats`.
struct ReaderCounts {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t batches = 0;
  std::uint64_t records_rejected = 0;
  std::uint64_t bytes_rejected = 0;
  std::uint64_t bytes_padding = 0;
  GilTimes gil;
  PhaseTimes phases;  // by whichever thread
  PhaseTimes ahead;   // the part of it that workers did, beside the caller's thread
  DeliveryClock delivery;
};

/// A batch on its way to the reader.
struct Fetched {
  std::unique_ptr<Batch> batch;  // null: the input ends here
  py::object keeps_alive;        // whose memory the batch's bytes are; null: its own
};

/// How much is decoded at a time.
struct BatchLimits {
  std::size_t bytes = default_block_size;
  static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);
  std::size_t records = unlimited;
};

/// Reads exactly as pymarc does, so that the file object stands right behind each record.
class RecordBackend {
 public:
  RecordBackend(py::object handle, std::uint64_t position)
      : handle_(std::move(handle)), offset_(position) {}

  Fetched fetch(const DecodeOptions& options, ReaderCounts& counts);
  void give_back(std::unique_ptr<Batch> batch) { pool_->give_back(std::move(batch)); }
  PyObject* held() const noexcept { return handle_.ptr(); }

 private:
  void read_exactly(Batch& batch, std::size_t& held, std::size_t wanted);
  bool read_record(Batch& batch, std::size_t& held);
  py::object position() const;
  std::size_t resume(Batch& batch);
  Fetched fetch_piece(const DecodeOptions& options, ReaderCounts& counts);

  py::object handle_;
  std::string begun_;       // bytes of a record whose reading failed
  py::object begun_up_to_;  // where the handle stood then
  std::shared_ptr<BatchPool> pool_ = std::make_shared<BatchPool>(1, 2);
  std::uint64_t offset_;  // of the next record, as long as nobody moves the handle
  Carry carried_;         // read to find out where damage ends
};

/// Reads blocks from a file object.
class BatchedBackend {
 public:
  BatchedBackend(py::object handle, BatchLimits limits)
      : handle_(std::move(handle)), limits_(limits) {}

  Fetched fetch(const DecodeOptions& options, ReaderCounts& counts);
  void give_back(std::unique_ptr<Batch> batch) { pool_->give_back(std::move(batch)); }

  /// Sets a seekable handle to `position` and begins anew, from wherever it stands then, at the
  /// next fetch.
  void put_handle_at(std::uint64_t position);

  /// The Python object that could lead back to the reader.
  PyObject* held() const noexcept { return handle_.ptr(); }

 private:
  /// How bytes are got out of the handle.
  enum class Way : std::uint8_t { unknown, descriptor, bytes_io, stream };

  void look_at_handle();
  void check_not_moved();
  void fill_from_source(Batch& batch, const Source& source, const DecodeOptions& options) const;
  Fetched fetch_from_stream(const DecodeOptions& options, ReaderCounts& counts);
  std::size_t read_size() const noexcept;
  void note_delivered(const Batch& batch) noexcept;
  std::string_view pending() const noexcept;
  void carry_pending();
  void read_more(Batch& batch);
  bool decode_pending(Batch& batch, ReaderCounts& counts);
  void decode_carried(Batch& batch);
  void take_rest(Batch& batch);

  py::object handle_;
  BatchLimits limits_;
  Way way_ = Way::unknown;
  std::shared_ptr<BatchPool> pool_ = std::make_shared<BatchPool>(1, 4);
  std::unique_ptr<FileSource> file_;
  py::object snapshot_;  // bytes_io: its value, which nobody changes
  py::object pending_;   // stream: bytes read but not framed from `pending_from_` on
  std::size_t pending_from_ = 0;
  Carry carried_;  // stream: a record that begins before `pending_`
  const char* read_method_ = "read";
  bool seekable_ = false;
  bool at_end_ = false;
  std::uint64_t handle_position_ = 0;  // where the handle stands while we read ahead of it
  std::uint64_t first_position_ = 0;   // where it stood at the first fetch; 0 if it cannot tell
  std::uint64_t offset_ = 0;           // of the next byte to frame, from `first_position_` on
  bool rest_is_one_record_ = false;
  std::size_t record_size_ = 2048;  // of the last batch, on average
};

/// Native and memory: chunks of an input that may be read at any place.
class ChunkBackend {
 public:
  /// Reads from `start`, a record's first byte. `keeps_alive` owns what the source borrows;
  /// `borrowed`: batches point into it.
  ChunkBackend(std::shared_ptr<const Source> source, std::uint64_t start,
               const ChunkOptions& options, py::object keeps_alive, bool borrowed);

  Fetched fetch(const DecodeOptions& options, ReaderCounts& counts);
  void give_back(std::unique_ptr<Batch> batch) { reader_->give_back(std::move(batch)); }

  /// Ends the workers.
  void stop();
  ChunkReader& reader() noexcept { return *reader_; }
  PyObject* held() const noexcept { return keeps_alive_.ptr(); }

 private:
  std::shared_ptr<ChunkReader> reader_;
  DecodeOptions options_;
  py::object keeps_alive_;
  bool borrowed_;
};

struct NativeBackend : ChunkBackend {
  using ChunkBackend::ChunkBackend;
};
struct MemoryBackend : ChunkBackend {
  using ChunkBackend::ChunkBackend;
};

using Backend = std::variant<RecordBackend, BatchedBackend, NativeBackend, MemoryBackend>;

}  // namespace rapidmarc::python
