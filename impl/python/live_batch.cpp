#include "python/live_batch.hpp"

#include <Python.h>

#include <new>

#include "python/record.hpp"

namespace rapidmarc::python {

LiveBatch::LiveBatch(std::unique_ptr<Batch> batch, bool borrowed, Returner give_back)
    : batch_(std::move(batch)), give_back_(std::move(give_back)), borrowed_(borrowed) {}

LiveBatch::~LiveBatch() {
  if (give_back_) give_back_(std::move(batch_));
}

void LiveBatch::add(RecordObject* record) noexcept {
  record->batch = this;
  record->previous = nullptr;
  record->next = first_;
  if (first_ != nullptr) first_->previous = record;
  first_ = record;
  live_bytes_ += record->length;
}

void LiveBatch::remove(RecordObject* record) noexcept {
  LiveBatch* const batch = record->batch;
  if (record->previous != nullptr) {
    record->previous->next = record->next;
  } else {
    batch->first_ = record->next;
  }
  if (record->next != nullptr) record->next->previous = record->previous;
  record->batch = nullptr;
  batch->live_bytes_ -= record->length;
  if (batch->left_ && !batch->is_wanted()) {
    batch->copy_records_out();
    if (batch->first_ == nullptr) std::unique_ptr<LiveBatch>{batch}.reset();
  }
}

void LiveBatch::leave(std::unique_ptr<LiveBatch> batch) noexcept {
  if (!batch->is_wanted()) batch->copy_records_out();
  if (batch->first_ == nullptr) return;
  // From here on the batch belongs to its records: the last of them frees it.
  batch->left_ = true;
  static_cast<void>(batch.release());
}

void LiveBatch::detach_records() {
  copy_records_out();
  if (first_ != nullptr) throw std::bad_alloc();
}

bool LiveBatch::is_wanted() const noexcept {
  return first_ != nullptr && !borrowed_ && 2 * live_bytes_ >= batch_->bytes.size();
}

/// Records for which there is no memory stay, and the batch with them.
void LiveBatch::copy_records_out() noexcept {
  RecordObject* record = first_;
  RecordObject* kept = nullptr;
  while (record != nullptr) {
    RecordObject* const next = record->next;
    if (copy_out(record)) {
      live_bytes_ -= record->length;
      record->batch = nullptr;
    } else {
      record->previous = kept;
      record->next = nullptr;
      if (kept != nullptr) {
        kept->next = record;
      } else {
        first_ = record;
      }
      kept = record;
    }
    record = next;
  }
  if (kept == nullptr) first_ = nullptr;
}

}  // namespace rapidmarc::python
