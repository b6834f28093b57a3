// The backend for objects with `.read`: a block is filled through the object with the interpreter's
// lock, and decoded without it.
#include <sys/stat.h>

#include <algorithm>
#include <system_error>

#include "core/format.hpp"
#include "python/backend.hpp"
#include "python/gil.hpp"
#include "python/imports.hpp"
#include "python/stream.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

// Batches of fewer bytes are decoded with the lock held: letting go of it would cost more.
constexpr std::size_t not_worth_releasing = 4096;
// Of a batch of fixed size: the most that is read at a time, and what is read beyond the expected,
// for longer records.
constexpr std::size_t largest_read = 64U << 20U;
constexpr std::size_t read_overhang = 4096;

py::object io_type(const char* name) { return py::module_::import("io").attr(name); }

bool is_exactly(const py::object& object, const char* io_class) {
  return py::type::handle_of(object).is(io_type(io_class));
}

/// The descriptor of a regular file that `handle` reads without anything of its own in between,
/// else -1. Subclasses and look-alikes may read in their own way and are left to do so.
int plain_descriptor(const py::object& handle) {
  const bool buffered = is_exactly(handle, "BufferedReader");
  const py::object raw = buffered ? py::object(handle.attr("raw")) : handle;
  if (!is_exactly(raw, "FileIO")) return -1;
  const int descriptor = raw.attr("fileno")().cast<int>();
  struct stat facts{};
  return ::fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode) ? descriptor : -1;
}

void decode_frames(Batch& batch, std::uint32_t begin, bool last, std::size_t most) {
  frame_batch(batch, begin, last, batch.bytes.size(), most);
  decode_batch(batch);
}

}  // namespace

void BatchedBackend::look_at_handle() {
  first_position_ = offset_ = 0;
  rest_is_one_record_ = false;
  at_end_ = false;
  if (const int descriptor = plain_descriptor(handle_); descriptor >= 0) {
    way_ = Way::descriptor;
    seekable_ = true;
    const py::object position = handle_.attr("tell")();
    // To the end and back, so that nothing is left in the handle's own buffer: from here on whoever
    // uses the handle moves the descriptor, which can be noticed without the lock.
    handle_.attr("seek")(0, 2);
    handle_.attr("seek")(position);
    first_position_ = handle_position_ = position.cast<std::uint64_t>();
    file_ = std::make_unique<FileSource>(descriptor);
    return;
  }
  if (is_exactly(handle_, "BytesIO")) {
    way_ = Way::bytes_io;
    seekable_ = true;
    first_position_ = handle_position_ = handle_.attr("tell")().cast<std::uint64_t>();
    return;
  }
  way_ = Way::stream;
  seekable_ = false;
  read_method_ = is_exactly(handle_, "BufferedReader") ? "read1" : "read";
  // A stream that cannot say where it stands is read from where it is.
  try {
    if (py::hasattr(handle_, "seekable") && py::hasattr(handle_, "tell") &&
        handle_.attr("seekable")().cast<bool>()) {
      first_position_ = handle_position_ = handle_.attr("tell")().cast<std::uint64_t>();
      seekable_ = true;
    }
  } catch (py::error_already_set& error) {
    if (!error.matches(PyExc_Exception)) throw;
  } catch (const py::cast_error&) {
    seekable_ = false;
  }
}

/// Notices that the owner of the handle moved it while we read ahead.
void BatchedBackend::check_not_moved() {
  std::int64_t position = static_cast<std::int64_t>(handle_position_);
  if (way_ == Way::descriptor) {
    if (handle_.attr("closed").cast<bool>()) throw py::value_error("I/O operation on closed file");
    position = file_->shared_position();
  } else if (seekable_) {
    position = handle_.attr("tell")().cast<std::int64_t>();
  }
  if (position == static_cast<std::int64_t>(handle_position_)) return;
  PyErr_SetString(py::handle(imports().exceptions).attr("HandleMovedError").ptr(),
                  "the file object was moved while its records were read ahead; "
                  "use backend=\"record\", which keeps it right behind each record");
  throw py::error_already_set();
}

Fetched BatchedBackend::fetch(const DecodeOptions& options, ReaderCounts& counts) {
  if (way_ == Way::unknown) {
    look_at_handle();
  } else {
    check_not_moved();
  }
  if (way_ == Way::stream) return fetch_from_stream(options, counts);
  auto batch = pool_->take(0);
  if (way_ == Way::descriptor) {
    const GilRelease released(&counts.gil);
    fill_from_source(*batch, *file_, options);
  } else {
    // The value is shared, not copied, as long as nobody writes to the object; then it is copied,
    // and this one stays.
    snapshot_ = handle_.attr("getvalue")();
    const MemorySource source({PyBytes_AS_STRING(snapshot_.ptr()),
                               static_cast<std::size_t>(PyBytes_GET_SIZE(snapshot_.ptr()))});
    const GilRelease released(&counts.gil);
    fill_from_source(*batch, source, options);
  }
  note_delivered(*batch);
  return {std::move(batch), way_ == Way::bytes_io ? snapshot_ : py::object()};
}

/// Bytes to ask for at a time: a block, or what the records of a batch of fixed size will need,
/// going by those before.
std::size_t BatchedBackend::read_size() const noexcept {
  if (limits_.records == BatchLimits::unlimited) return limits_.bytes;
  return std::min(limits_.records, largest_read / record_size_) * record_size_ + read_overhang;
}

void BatchedBackend::note_delivered(const Batch& batch) noexcept {
  rest_is_one_record_ = batch.framing.stop == Stop::rest_of_stream;
  offset_ += batch.end;
  if (!batch.spans.empty()) record_size_ = batch.end / batch.spans.size() + 1;
}

/// Reads, frames and decodes the records that start at `offset_`, as many as the limits allow, at
/// least one. Without the interpreter's lock: touches nothing of Python's.
void BatchedBackend::fill_from_source(Batch& batch, const Source& source,
                                      const DecodeOptions& options) const {
  const std::uint64_t from = first_position_ + offset_;
  if (rest_is_one_record_) {
    fill_from_rest(batch, source, from, options);
  } else {
    start_batch(batch, options);
    batch.phase_began = now_nanoseconds();
    std::size_t wanted = read_size();
    for (;;) {
      try {
        batch.bytes = source.extend(batch.bytes, from, wanted, batch.block);
      } catch (const ReadError& failure) {
        batch.bytes = failure.bytes();
        batch.read_error = failure.code().value();
      }
      end_phase(batch, &PhaseTimes::read);
      const bool last = batch.bytes.size() < wanted && batch.read_error == 0;
      frame_batch(batch, 0, last, batch.bytes.size(), limits_.records);
      if (!batch.spans.empty() || batch.framing.stop != Stop::need_more || batch.read_error != 0)
        break;
      wanted = std::max(2 * wanted, std::size_t{batch.framing.wanted});
    }
    if (batch.framing.stop == Stop::need_more) batch.framing.stop = Stop::limit;
    decode_batch(batch);
  }
  batch.offset = from;
}

// A stream's bytes are decoded where `read` put them. Only a record that is cut in two is joined in
// the batch's own block, and makes a batch of its own.

std::string_view BatchedBackend::pending() const noexcept {
  if (!pending_) return {};
  const std::string_view all{PyBytes_AS_STRING(pending_.ptr()),
                             static_cast<std::size_t>(PyBytes_GET_SIZE(pending_.ptr()))};
  return all.substr(pending_from_);
}

/// Carries what is pending over. It is in one place at any time, so that a read that fails neither
/// loses nor doubles it.
void BatchedBackend::carry_pending() {
  carried_.append(pending());
  pending_ = py::object();
}

/// Replaces what is pending, which has been used up, by the next bytes of the stream.
void BatchedBackend::read_more(Batch& batch) {
  batch.phase_began = now_nanoseconds();
  StreamBytes got = read_from_stream(handle_, read_method_, static_cast<Py_ssize_t>(read_size()));
  if (seekable_) handle_position_ += got.view.size();
  at_end_ = got.view.empty();
  pending_ = std::move(got.owner);
  pending_from_ = 0;
  end_phase(batch, &PhaseTimes::read);
}

Fetched BatchedBackend::fetch_from_stream(const DecodeOptions& options, ReaderCounts& counts) {
  auto batch = pool_->take(0);
  start_batch(*batch, options);
  batch->phase_began = now_nanoseconds();
  batch->offset = first_position_ + offset_;
  py::object keeps_alive;
  if (rest_is_one_record_) {
    take_rest(*batch);
  } else {
    if (pending().empty()) read_more(*batch);
    const bool in_place = carried_.empty() && !at_end_ && decode_pending(*batch, counts);
    if (in_place) {
      keeps_alive = pending_;
    } else {
      decode_carried(*batch);
    }
    if (batch->framing.stop == Stop::need_more) {
      carry_pending();
      batch->framing.stop = Stop::limit;
    }
  }
  note_delivered(*batch);
  return {std::move(batch), std::move(keeps_alive)};
}

/// Decodes what is pending in place; false when it holds not even one whole record, which is then
/// carried over.
bool BatchedBackend::decode_pending(Batch& batch, ReaderCounts& counts) {
  batch.bytes = pending();
  if (batch.bytes.size() < not_worth_releasing) {
    decode_frames(batch, 0, false, limits_.records);
  } else {
    const GilRelease released(&counts.gil);
    batch.phase_began = released.gone_at();
    decode_frames(batch, 0, false, limits_.records);
  }
  pending_from_ += batch.end;
  if (!batch.spans.empty() || batch.framing.stop != Stop::need_more) return true;
  const DecodeOptions options = batch.options;
  const PhaseTimes times = batch.times;
  start_batch(batch, options);
  batch.times = times;
  carry_pending();
  read_more(batch);
  return false;
}

/// Joins the record that was cut, alone, and decodes it.
void BatchedBackend::decode_carried(Batch& batch) {
  for (;;) {
    batch.bytes = carried_.view();
    frame_batch(batch, 0, at_end_, batch.bytes.size(), 1);
    const Stop stop = batch.framing.stop;
    if (!batch.spans.empty() || (stop != Stop::need_more && stop != Stop::limit)) break;
    const std::size_t wanted = std::max<std::size_t>(batch.framing.wanted, length_field_length);
    const std::string_view more = pending().substr(0, wanted - batch.bytes.size());
    if (more.empty()) {
      if (at_end_) break;
      read_more(batch);
    } else {
      carried_.append(more);
      pending_from_ += more.size();
    }
  }
  keep_pieces(batch);
  carried_.drop(batch.end);
}

/// Takes all that is left for one record.
void BatchedBackend::take_rest(Batch& batch) {
  carry_pending();
  do {
    read_more(batch);
    carry_pending();
  } while (!at_end_ && carried_.view().size() <= largest_rest);
  const std::string_view rest = carried_.view();
  const std::span<char> space = batch.block.reserve(rest.size());
  std::copy(rest.begin(), rest.end(), space.begin());
  batch.bytes = {space.data(), rest.size()};
  carried_ = {};
  frame_rest(batch);
  decode_batch(batch);
}

void BatchedBackend::put_handle_at(std::uint64_t position) {
  if (way_ == Way::unknown) return;
  const bool movable =
      seekable_ && !(py::hasattr(handle_, "closed") && handle_.attr("closed").cast<bool>());
  if (movable) handle_.attr("seek")(position);
  if (seekable_) {
    way_ = Way::unknown;
    pending_ = py::object();
    carried_ = {};
    file_.reset();
    snapshot_ = py::object();
  }
}

}  // namespace rapidmarc::python
