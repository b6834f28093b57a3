// Tables and their schema as Arrow's C structures. What is exported owns its memory: it may be kept
// for longer than anything here, and released on any thread.
#pragma once

#include "columns/arrow_abi.hpp"
#include "columns/plan.hpp"
#include "columns/table_builder.hpp"

namespace rapidmarc::columns {

/// The schema of the tables that are built by `plan`: a struct with a child for each column.
void export_schema(const Plan& plan, ArrowSchema& out);

/// Moves the buffers of `table` to `out`.
void export_table(Table table, ArrowArray& out);

}  // namespace rapidmarc::columns
