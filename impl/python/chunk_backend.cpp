// The backends for paths and for memory: batches come from a chunk reader, whose threads need no
// lock.
#include "python/backend.hpp"
#include "python/gil.hpp"
#include "python/imports.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {

ChunkBackend::ChunkBackend(std::shared_ptr<const Source> source, std::uint64_t start,
                           const ChunkOptions& options, py::object keeps_alive, bool borrowed)
    : reader_(std::make_shared<ChunkReader>(std::move(source), start, options)),
      options_(options.decode),
      keeps_alive_(std::move(keeps_alive)),
      borrowed_(borrowed) {}

Fetched ChunkBackend::fetch(const DecodeOptions& options, ReaderCounts& counts) {
  std::unique_ptr<Batch> batch;
  if (options == options_) batch = reader_->try_take();
  if (!batch) {
    ChunkReader::Taken taken;
    {
      const GilRelease released(&counts.gil);
      if (options != options_) reader_->restart(reader_->position(), options);
      taken = reader_->take();
    }
    options_ = options;
    if (taken.outcome == ChunkReader::Outcome::overflow) {
      PyErr_SetString(py::handle(imports().exceptions).attr("QueueFullError").ptr(),
                      "the queue of parsed records is full; the loop takes them more slowly than "
                      "they are read");
      throw py::error_already_set();
    }
    batch = std::move(taken.batch);
  }
  return {std::move(batch), borrowed_ ? keeps_alive_ : py::object()};
}

void ChunkBackend::stop() {
  const GilRelease released;
  reader_->stop();
}

}  // namespace rapidmarc::python
