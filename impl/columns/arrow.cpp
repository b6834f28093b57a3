#include "columns/arrow.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rapidmarc::columns {
namespace {

/// The children of an exported structure. A consumer may have moved single ones elsewhere, which
/// are then marked as released.
template <typename Structure>
class Children {
 public:
  explicit Children(std::size_t count = 0) : items_(count) {
    for (Structure& item : items_) pointers_.push_back(&item);
  }
  Children(Children&&) noexcept = default;
  Children& operator=(Children&&) noexcept = default;
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  ~Children() {
    for (Structure& item : items_) {
      if (item.release != nullptr) item.release(&item);
    }
  }

  std::vector<Structure>& items() noexcept { return items_; }
  Structure** pointers() noexcept { return pointers_.empty() ? nullptr : pointers_.data(); }

 private:
  std::vector<Structure> items_;
  std::vector<Structure*> pointers_;
};

/// What a schema's pointers point to.
struct SchemaMemory {
  std::string format;
  std::string name;
  Children<ArrowSchema> children;
};

/// What an array's pointers point to.
struct ArrayMemory {
  std::vector<std::int32_t> offsets;
  std::string bytes;
  std::vector<std::uint8_t> bits;
  std::vector<std::int32_t> counts;
  std::vector<std::int64_t> integers;
  std::vector<std::uint8_t> valid;
  std::array<const void*, 3> buffers{};
  Children<ArrowArray> children;
};

template <typename Memory, typename Structure>
void own(std::unique_ptr<Memory> memory, Structure& out) {
  out.n_children = static_cast<std::int64_t>(memory->children.items().size());
  out.children = memory->children.pointers();
  out.release = [](Structure* exported) {
    std::unique_ptr<Memory>(static_cast<Memory*>(exported->private_data)).reset();
    exported->release = nullptr;
  };
  out.private_data = memory.release();
}

void export_field(std::string format, std::string name, std::int64_t flags,
                  Children<ArrowSchema> children, ArrowSchema& out) {
  auto memory = std::make_unique<SchemaMemory>();
  memory->format = std::move(format);
  memory->name = std::move(name);
  memory->children = std::move(children);
  out = {};
  out.format = memory->format.c_str();
  out.name = memory->name.c_str();
  out.flags = flags;
  own(std::move(memory), out);
}

const char* format_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::text: return "u";
    case ColumnKind::every: return "+l";
    case ColumnKind::count: return "i";
    case ColumnKind::integer:
    case ColumnKind::offset:
    case ColumnKind::length: return "l";
    case ColumnKind::test: return "b";
  }
  return "n";
}

/// An array over `memory`; `buffers` are those behind the one that says which values are valid.
void export_array(std::unique_ptr<ArrayMemory> memory, std::size_t length, std::size_t nulls,
                  std::initializer_list<const void*> buffers, ArrowArray& out) {
  memory->buffers[0] = nulls == 0 ? nullptr : memory->valid.data();
  std::copy(buffers.begin(), buffers.end(), memory->buffers.begin() + 1);
  out = {};
  out.length = static_cast<std::int64_t>(length);
  out.null_count = static_cast<std::int64_t>(nulls);
  out.n_buffers = static_cast<std::int64_t>(buffers.size() + 1);
  out.buffers = memory->buffers.data();
  own(std::move(memory), out);
}

std::unique_ptr<ArrayMemory> memory_of(Texts& texts) {
  auto memory = std::make_unique<ArrayMemory>();
  memory->offsets = std::move(texts.offsets);
  memory->bytes = std::move(texts.bytes);
  return memory;
}

void export_column(ColumnBuilder& column, ArrowArray& out) {
  auto memory =
      column.kind == ColumnKind::text ? memory_of(column.texts) : std::make_unique<ArrayMemory>();
  memory->valid = std::move(column.valid.bytes);
  memory->bits = std::move(column.answers.bytes);
  memory->counts = std::move(column.counts);
  memory->integers = std::move(column.integers);
  const ArrayMemory& held = *memory;
  const auto finish = [&](std::initializer_list<const void*> buffers) {
    export_array(std::move(memory), column.rows, column.nulls, buffers, out);
  };
  switch (column.kind) {
    case ColumnKind::text: return finish({held.offsets.data(), held.bytes.data()});
    case ColumnKind::count: return finish({held.counts.data()});
    case ColumnKind::integer:
    case ColumnKind::offset:
    case ColumnKind::length: return finish({held.integers.data()});
    case ColumnKind::test: return finish({held.bits.data()});
    case ColumnKind::every: break;
  }
  memory->offsets = std::move(column.lists);
  memory->children = Children<ArrowArray>(1);
  const std::size_t count = column.texts.size();
  auto values = memory_of(column.texts);
  const void* const offsets = values->offsets.data();
  const void* const bytes = values->bytes.data();
  export_array(std::move(values), count, 0, {offsets, bytes}, memory->children.items().front());
  finish({held.offsets.data()});
}

}  // namespace

void export_schema(const Plan& plan, ArrowSchema& out) {
  Children<ArrowSchema> children(plan.columns().size());
  for (std::size_t i = 0; i < plan.columns().size(); ++i) {
    const ColumnSpec& column = plan.columns()[i];
    Children<ArrowSchema> items(column.kind == ColumnKind::every ? 1 : 0);
    for (ArrowSchema& item : items.items())
      export_field("u", "item", 0, Children<ArrowSchema>(), item);
    export_field(format_of(column.kind), column.name, ARROW_FLAG_NULLABLE, std::move(items),
                 children.items()[i]);
  }
  export_field("+s", "", 0, std::move(children), out);
}

void export_table(Table table, ArrowArray& out) {
  auto memory = std::make_unique<ArrayMemory>();
  memory->children = Children<ArrowArray>(table.columns.size());
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    export_column(table.columns[i], memory->children.items()[i]);
  }
  export_array(std::move(memory), table.rows, 0, {}, out);
}

}  // namespace rapidmarc::columns
