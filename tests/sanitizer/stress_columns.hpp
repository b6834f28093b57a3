// The stress scenarios of columns.
#pragma once

namespace rapidmarc::sanitizer {

/// Tables that workers build for three readers at once, all by one plan and with its shared memory
/// of sizes.
void columns_by_workers();

/// Selections that are dropped while their workers build; a table outlives its reader.
void columns_stopped();

}  // namespace rapidmarc::sanitizer
