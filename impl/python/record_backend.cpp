// The record-at-a-time backend, the baseline: reads exactly one record through the object, and lets
// go of the interpreter's lock while it is decoded.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "core/format.hpp"
#include "core/frame.hpp"
#include "python/backend.hpp"
#include "python/gil.hpp"
#include "python/stream.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {

namespace {

constexpr std::size_t rest_at_a_time = 1U << 20U;  // of a stream that is taken for one record

}  // namespace

/// Reads until `batch.block` holds `wanted` bytes or the handle has no more; `held` counts them.
/// `wanted` may be "all", which ends beyond `largest_rest`.
void RecordBackend::read_exactly(Batch& batch, std::size_t& held, std::size_t wanted) {
  const bool all = wanted == std::numeric_limits<std::size_t>::max();
  while (held < wanted && (!all || held <= largest_rest)) {
    const std::size_t asked = all ? rest_at_a_time : wanted - held;
    const StreamBytes got = read_from_stream(handle_, "read", static_cast<Py_ssize_t>(asked));
    if (got.view.empty()) break;
    if (got.view.size() > asked) {
      throw py::value_error("read(" + std::to_string(asked) + ") gave " +
                            std::to_string(got.view.size()) + " bytes");
    }
    const std::span<char> space = batch.block.reserve(held + got.view.size(), held);
    std::copy(got.view.begin(), got.view.end(), space.begin() + static_cast<std::ptrdiff_t>(held));
    held += got.view.size();
  }
}

/// Reads the bytes of one record; whether they are all that the stream had left.
bool RecordBackend::read_record(Batch& batch, std::size_t& held) {
  if (held < length_field_length) read_exactly(batch, held, length_field_length);
  if (held < length_field_length) return false;
  const auto length = record_length_at(batch.block.data());
  if (!length) return false;
  const bool whole_stream = *length < static_cast<std::int64_t>(length_field_length);
  read_exactly(
      batch, held,
      whole_stream ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(*length));
  return whole_stream;
}

/// Where the handle says it stands; None if it cannot say.
py::object RecordBackend::position() const {
  const CallOut call;
  try {
    return handle_.attr("tell")();
  } catch (py::error_already_set& error) {
    if (!error.matches(PyExc_Exception)) throw;
    return py::none();
  }
}

/// Puts back what was read of a record before its reading failed, unless the handle was moved
/// since; the number of bytes.
std::size_t RecordBackend::resume(Batch& batch) {
  const std::string begun = std::exchange(begun_, {});
  if (begun.empty() || !position().equal(begun_up_to_)) return 0;
  const std::span<char> space = batch.block.reserve(begun.size(), 0);
  std::copy(begun.begin(), begun.end(), space.begin());
  return begun.size();
}

/// The next piece of the input. Reads no more than that of a whole record; where damage begins, as
/// much more as it takes to see where it ends.
Fetched RecordBackend::fetch_piece(const DecodeOptions& options, ReaderCounts& counts) {
  auto batch = pool_->take(0);
  start_batch(*batch, options);
  batch->offset = offset_;
  batch->phase_began = counts.delivery.fetch_began();
  for (bool at_end = false;;) {
    batch->bytes = carried_.view();
    frame_batch(*batch, 0, at_end, batch->bytes.size(), 1);
    if (!batch->spans.empty()) break;
    if (at_end) {
      pool_->give_back(std::move(batch));
      return {};
    }
    const std::size_t wanted = std::max<std::size_t>(batch->framing.wanted, length_field_length);
    const StreamBytes got =
        read_from_stream(handle_, "read", static_cast<Py_ssize_t>(wanted - batch->bytes.size()));
    end_phase(*batch, &PhaseTimes::read);
    at_end = got.view.empty();
    carried_.append(got.view);
  }
  {
    const GilRelease released(&counts.gil);
    batch->phase_began = released.gone_at();
    keep_pieces(*batch);
  }
  carried_.drop(batch->end);
  offset_ += batch->end;
  batch->framing.stop = Stop::limit;  // what follows is not known yet
  return {std::move(batch), {}};
}

Fetched RecordBackend::fetch(const DecodeOptions& options, ReaderCounts& counts) {
  if (options.recover) return fetch_piece(options, counts);
  auto batch = pool_->take(0);
  start_batch(*batch, options);
  batch->offset = offset_;
  batch->phase_began = counts.delivery.fetch_began();
  std::size_t held = resume(*batch);
  bool whole_stream = false;
  try {
    whole_stream = read_record(*batch, held);
  } catch (...) {
    begun_.assign(batch->block.data(), held);
    if (held != 0) begun_up_to_ = position();
    pool_->give_back(std::move(batch));
    throw;
  }
  if (held == 0) {
    pool_->give_back(std::move(batch));
    return {};
  }
  end_phase(*batch, &PhaseTimes::read);
  batch->bytes = {batch->block.data(), held};
  {
    // Whatever it costs: letting go of the lock around every record is what this backend is there
    // to measure.
    const GilRelease released(&counts.gil);
    batch->phase_began = released.gone_at();
    if (whole_stream) {
      frame_rest(*batch);
    } else {
      frame_batch(*batch, 0, true, held, 1);
    }
    decode_batch(*batch);
  }
  // What follows is not known yet.
  if (batch->framing.stop == Stop::end) batch->framing.stop = Stop::limit;
  offset_ += held;
  return {std::move(batch), {}};
}

}  // namespace rapidmarc::python
