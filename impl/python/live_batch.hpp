// A batch and the records that were handed out of it.
//
// Records are views into their batch. Once the reader has left it, the batch stays only while at
// least half of its bytes belong to records that still live; below that these copy themselves out
// and the memory goes back to the reader's pool. So a user's records keep at most about twice their
// own size alive. Bytes that belong to somebody else (a buffer, another object's memory) are left
// at once.
//
// Used with the interpreter's lock held; the lock is what protects it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "parallel/batch.hpp"

namespace rapidmarc::python {

struct RecordObject;

class LiveBatch {
 public:
  using Returner = std::function<void(std::unique_ptr<Batch>)>;

  /// `give_back` takes the batch when nothing points into it any more. `borrowed`: its bytes are
  /// not its own.
  LiveBatch(std::unique_ptr<Batch> batch, bool borrowed, Returner give_back);
  LiveBatch(const LiveBatch&) = delete;
  LiveBatch& operator=(const LiveBatch&) = delete;
  ~LiveBatch();

  Batch& batch() noexcept { return *batch_; }

  void add(RecordObject* record) noexcept;
  /// Called by a record that is freed or has got a copy of its own. May end the batch's life, so it
  /// comes last.
  static void remove(RecordObject* record) noexcept;

  /// Gives every record a copy of its own; afterwards nothing points into the batch.
  void detach_records();

  /// The reader has left the batch: from here on it lives as long as its records need it.
  static void leave(std::unique_ptr<LiveBatch> batch) noexcept;

 private:
  bool is_wanted() const noexcept;
  void copy_records_out() noexcept;

  std::unique_ptr<Batch> batch_;
  Returner give_back_;
  RecordObject* first_ = nullptr;  // doubly linked through the records
  std::size_t live_bytes_ = 0;
  bool borrowed_;
  bool left_ = false;
};

}  // namespace rapidmarc::python
