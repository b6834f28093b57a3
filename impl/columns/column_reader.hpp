// A selection being read: batches come from a feed, their tables from the threads that decoded them
// or, where a record is odd, from here.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "columns/plan.hpp"
#include "columns/table_builder.hpp"
#include "parallel/batch.hpp"
#include "parallel/chunk_reader.hpp"

namespace rapidmarc::columns {

/// What becomes of a record that cannot be decoded.
enum class OnError : std::uint8_t {
  raise,  // the selection ends with an error that says where
  skip,   // it is left out, and counted
  null,   // a row of nulls, unless there is a condition, which then does not hold
};

/// Why a selection ended before its input did.
struct SelectionError {
  int number;  // as in errno
  std::string text;
};

/// Where batches come from, in the input's order.
class BatchFeed {
 public:
  BatchFeed() = default;
  BatchFeed(const BatchFeed&) = delete;
  BatchFeed& operator=(const BatchFeed&) = delete;
  virtual ~BatchFeed() = default;
  /// The next one; null when reading was stopped. Throws SelectionError.
  virtual std::unique_ptr<Batch> next() = 0;
  /// The next one if it is there without waiting or decoding; else null.
  virtual std::unique_ptr<Batch> try_next() { return nullptr; }
  virtual void give_back(std::unique_ptr<Batch> batch) = 0;
};

/// What records need that decoding hands over, and the words for what is wrong with one.
class OddRecords {
 public:
  OddRecords() = default;
  OddRecords(const OddRecords&) = delete;
  OddRecords& operator=(const OddRecords&) = delete;
  virtual ~OddRecords() = default;
  /// Reads record `number` of `batch`, the input's `index`th, into the batch's tables. What is
  /// wrong with it if that cannot be done, as with a piece that is no record.
  virtual std::optional<std::string> read(Batch& batch, std::size_t number,
                                          std::uint64_t index) = 0;
  /// What is wrong with what follows the last record of `batch`.
  virtual std::string framing_fault(const Batch& batch, std::uint64_t index) = 0;
};

/// Tables built by the threads of a chunk reader.
class TableWork final : public BatchWork {
 public:
  explicit TableWork(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}

  /// The product of a batch that has records to be handed over is none.
  std::unique_ptr<BatchProduct> work_on(const Batch& batch) const override;

  const std::shared_ptr<const Plan>& plan() const noexcept { return plan_; }

 private:
  std::shared_ptr<const Plan> plan_;
  mutable std::mutex mutex_;
  mutable std::vector<SizeHint> hints_;  // the sizes of the last table, guarded by mutex_
};

/// The feed of a file or of memory: a chunk reader's batches.
class ChunkFeed final : public BatchFeed {
 public:
  /// Reads from `start`, a record's first byte.
  ChunkFeed(std::shared_ptr<const Source> source, std::uint64_t start, const ChunkOptions& options)
      : reader_(std::move(source), start, options) {}

  std::unique_ptr<Batch> next() override;
  std::unique_ptr<Batch> try_next() override { return reader_.try_take(); }
  void give_back(std::unique_ptr<Batch> batch) override { reader_.give_back(std::move(batch)); }

 private:
  ChunkReader reader_;
};

/// The tables of an input, one after the other.
class TableStream {
 public:
  TableStream() = default;
  TableStream(const TableStream&) = delete;
  TableStream& operator=(const TableStream&) = delete;
  virtual ~TableStream() = default;

  /// The next table, which has a row at least; nothing at the end. Throws SelectionError, then and
  /// at every later call, and std::bad_alloc.
  virtual std::optional<Table> next() = 0;

  virtual const Plan& plan() const noexcept = 0;
  virtual std::uint64_t records() const noexcept = 0;  // passed so far
  virtual std::uint64_t skipped() const noexcept = 0;  // those of them that have no row
};

/// In the input's order. Not to be used by two threads at once.
class ColumnReader final : public TableStream {
 public:
  ColumnReader(std::shared_ptr<const TableWork> work, std::unique_ptr<BatchFeed> feed,
               std::unique_ptr<OddRecords> odd, OnError on_error)
      : work_(std::move(work)), feed_(std::move(feed)), odd_(std::move(odd)), on_error_(on_error) {}

  std::optional<Table> next() override;

  /// The next table if it is there without waiting or decoding; else nothing, and nothing is known
  /// about the end. Throws as `next` does.
  std::optional<Table> next_if_ready();

  const std::shared_ptr<const Plan>& shared_plan() const noexcept { return work_->plan(); }
  const Plan& plan() const noexcept override { return *work_->plan(); }
  std::uint64_t records() const noexcept override { return index_; }
  std::uint64_t skipped() const noexcept override { return skipped_; }

 private:
  Table rows_of(std::unique_ptr<Batch> batch);
  Table table_of(Batch& batch);
  Table build_here(Batch& batch);
  void look_behind(const Batch& batch);

  std::shared_ptr<const TableWork> work_;
  std::unique_ptr<BatchFeed> feed_;
  std::unique_ptr<OddRecords> odd_;
  OnError on_error_;
  std::uint64_t index_ = 0;  // of the next record
  std::uint64_t skipped_ = 0;
  bool ended_ = false;
  std::optional<SelectionError> error_;
};

}  // namespace rapidmarc::columns
