#include "columns/table_builder.hpp"

#include <algorithm>

namespace rapidmarc::columns {
namespace {

constexpr std::size_t uncounted = static_cast<std::size_t>(-1);

std::size_t count_fields(const RecordText& record, const TagPattern& tag) {
  return static_cast<std::size_t>(
      std::count_if(record.entries.begin(), record.entries.end(),
                    [&tag](const Entry& entry) { return tag.matches(tag_number(entry)); }));
}

std::int64_t number_of(const RecordPlace& place, ColumnKind kind) noexcept {
  return kind == ColumnKind::offset ? static_cast<std::int64_t>(place.offset)
                                    : std::int64_t{place.length};
}

}  // namespace

TableBuilder::TableBuilder(const Plan& plan, std::span<const SizeHint> hints)
    : plan_(plan),
      states_(plan.slots().size()),
      answers_(std::make_unique<bool[]>(plan.slots().size())) {
  table_.columns.reserve(plan.columns().size());
  for (std::size_t i = 0; i < plan.columns().size(); ++i) {
    table_.columns.emplace_back(plan.columns()[i].kind, hints.empty() ? SizeHint{} : hints[i]);
  }
  places_matter_ = std::any_of(plan.slots().begin(), plan.slots().end(),
                               [](const Slot& slot) { return slot.path.occurrence.has_value(); });
}

void TableBuilder::add(const RecordText& record) {
  start_row(record);
  for (const std::uint16_t number : plan_.leader_slots()) {
    const auto& positions = plan_.slots()[number].path.positions;
    const auto value = positions ? cut(record.leader, *positions, true) : record.leader;
    if (value) give(number, *value);
  }
  for (const Entry& entry : record.entries) {
    const std::uint32_t tag = tag_number(entry);
    const auto candidates = plan_.candidates(tag);
    if (candidates.empty()) continue;
    const FieldText field{
        {record.content + entry.offset, entry.length}, entry.control, record.ascii};
    for (const std::uint16_t number : candidates) visit(number, field, tag);
  }
  end_row(record.place);
}

void TableBuilder::start_row(const RecordText& record) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    states_[i].seen = 0;
    states_[i].done = false;
    answers_[i] = false;
  }
  if (places_matter_) find_occurrences(record);
}

void TableBuilder::find_occurrences(const RecordText& record) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const Path& path = plan_.slots()[i].path;
    if (!path.occurrence) continue;
    const bool counted = path.occurrence->counts_from_end();
    const auto taken =
        bounds_of(*path.occurrence, counted ? count_fields(record, path.tag) : uncounted);
    states_[i].done = !taken;
    if (taken) states_[i].taken = *taken;
  }
}

void TableBuilder::visit(std::uint16_t number, const FieldText& field, std::uint32_t tag) {
  SlotState& state = states_[number];
  const Path& path = plan_.slots()[number].path;
  if (state.done || !path.tag.matches(tag)) return;
  if (path.occurrence && !state.taken.contain(state.seen++)) return;
  for_each_value(path, field, scratch_,
                 [this, number](std::string_view value) { return give(number, value); });
}

/// False when the slot wants no more.
bool TableBuilder::give(std::uint16_t number, std::string_view value) {
  const Slot& slot = plan_.slots()[number];
  const bool more = slot.test ? !(answers_[number] = slot.test->holds(value))
                              : table_.columns[slot.column].add(value);
  states_[number].done = !more;
  return more;
}

void TableBuilder::end_row(const RecordPlace& place) {
  const std::span<const bool> answers(answers_.get(), states_.size());
  const std::optional<Condition>& filter = plan_.filter();
  if (filter && !filter->holds(answers)) {
    for (ColumnBuilder& column : table_.columns) column.drop_row();
    return;
  }
  for (std::size_t i = 0; i < table_.columns.size(); ++i) {
    ColumnBuilder& column = table_.columns[i];
    if (column.kind == ColumnKind::test) {
      column.add_answer(plan_.columns()[i].condition.holds(answers));
    } else if (column.holds_place()) {
      column.add_number(number_of(place, column.kind));
    } else {
      column.end_row();
    }
  }
  ++table_.rows;
}

void TableBuilder::add_null(const RecordPlace& place) {
  for (ColumnBuilder& column : table_.columns) {
    if (column.holds_place()) {
      column.add_number(number_of(place, column.kind));
    } else {
      column.add_null();
    }
  }
  ++table_.rows;
}

}  // namespace rapidmarc::columns
