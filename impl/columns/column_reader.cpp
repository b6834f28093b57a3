#include "columns/column_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/format.hpp"

namespace rapidmarc::columns {
namespace {

struct TableProduct final : BatchProduct {
  explicit TableProduct(Table built) : table(std::move(built)) {}
  Table table;
};

RecordPlace place_of(const Batch& batch, const DecodedRecord& record) {
  return {batch.offset + record.span.offset, record.span.length};
}

RecordText text_of(const Batch& batch, const DecodedRecord& record) {
  const char* const bytes = batch.bytes.data() + record.span.offset;
  const char* const content =
      record.road == Road::image ? batch.tables.images.data() + record.image : bytes;
  return {{bytes, leader_length},
          content,
          {batch.tables.entries.data() + record.first_entry, record.entry_count},
          record.ascii,
          place_of(batch, record)};
}

}  // namespace

std::unique_ptr<BatchProduct> TableWork::work_on(const Batch& batch) const {
  const auto& records = batch.tables.records;
  const bool odd = std::any_of(records.begin(), records.end(), [](const DecodedRecord& record) {
    return record.road == Road::hand_over;
  });
  if (odd) return nullptr;
  std::vector<SizeHint> hints;
  {
    const std::lock_guard lock(mutex_);
    hints = hints_;
  }
  TableBuilder builder(*plan_, hints);
  try {
    for (const DecodedRecord& record : records) builder.add(text_of(batch, record));
  } catch (const ColumnTooLarge&) {
    return nullptr;  // it is reported where the batch is delivered
  }
  auto product = std::make_unique<TableProduct>(std::move(builder).take());
  hints.clear();
  for (const ColumnBuilder& column : product->table.columns) hints.push_back(column.size());
  const std::lock_guard lock(mutex_);
  hints_ = std::move(hints);
  return product;
}

std::unique_ptr<Batch> ChunkFeed::next() {
  if (auto batch = reader_.try_take()) return batch;
  return reader_.take().batch;
}

std::optional<Table> ColumnReader::next() {
  while (!error_ && !ended_) {
    std::unique_ptr<Batch> batch;
    try {
      batch = feed_->next();
    } catch (const SelectionError& error) {
      error_ = error;
      break;
    }
    if (!batch) {
      error_ = SelectionError{ECANCELED, "reading was stopped before the end of the input"};
      break;
    }
    Table table = rows_of(std::move(batch));
    if (table.rows != 0) return table;
  }
  if (error_) throw SelectionError(*error_);
  return std::nullopt;
}

std::optional<Table> ColumnReader::next_if_ready() {
  while (!error_ && !ended_) {
    std::unique_ptr<Batch> batch = feed_->try_next();
    if (!batch) return std::nullopt;
    Table table = rows_of(std::move(batch));
    if (table.rows != 0) return table;
  }
  if (error_) throw SelectionError(*error_);
  return std::nullopt;
}

Table ColumnReader::rows_of(std::unique_ptr<Batch> batch) {
  Table table = table_of(*batch);
  if (!error_) look_behind(*batch);
  feed_->give_back(std::move(batch));
  return table;
}

Table ColumnReader::table_of(Batch& batch) {
  if (auto* const product = dynamic_cast<TableProduct*>(batch.product.get())) {
    index_ += batch.tables.records.size();
    return std::move(product->table);
  }
  return build_here(batch);
}

/// For batches that hold odd records; an error ends the table before the record that has it.
Table ColumnReader::build_here(Batch& batch) {
  TableBuilder builder(plan());
  try {
    for (std::size_t number = 0; number < batch.tables.records.size(); ++number) {
      if (batch.tables.records[number].damage == Error::padding) continue;
      std::optional<std::string> fault;
      if (batch.tables.records[number].road == Road::hand_over) {
        fault = odd_->read(batch, number, index_);
      }
      ++index_;
      if (!fault) {
        builder.add(text_of(batch, batch.tables.records[number]));
      } else if (on_error_ == OnError::raise) {
        error_ = SelectionError{EINVAL, *std::move(fault)};
        break;
      } else if (on_error_ == OnError::skip || plan().filter()) {
        ++skipped_;
      } else {
        builder.add_null(place_of(batch, batch.tables.records[number]));
      }
    }
  } catch (const ColumnTooLarge& error) {
    error_ = SelectionError{EOVERFLOW, error.what()};
    return {};
  }
  return std::move(builder).take();
}

/// What stands behind the last record of `batch`: more, the end, or something that reading cannot
/// go on behind.
void ColumnReader::look_behind(const Batch& batch) {
  if (batch.read_error == ENOMEM) {
    error_ = SelectionError{ENOMEM, "out of memory"};
  } else if (batch.read_error != 0) {
    error_ = SelectionError{batch.read_error, std::generic_category().message(batch.read_error)};
  } else if (batch.framing.stop == Stop::fault) {
    error_ = SelectionError{EINVAL, odd_->framing_fault(batch, index_)};
  } else {
    ended_ = batch.framing.stop == Stop::end;
  }
}

}  // namespace rapidmarc::columns
