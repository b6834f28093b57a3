// Paths of columns, read by cutting them at their signs, and the values that they find, read off a
// record's fields one after the other. No place in the text is kept, and no error is explained.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "columns/path.hpp"
#include "core/records.hpp"

namespace rapidmarc::reference {

/// The path that `text` is, if it is one.
std::optional<columns::Path> read_path(std::string_view text);

/// `path` in the notation from which it can be read again; each path has one such text.
std::string print_path(const columns::Path& path);

/// Whether something can be put behind `text`, or nothing, so that it is a path;
/// `digits_may_follow`: something that begins with a digit too.
bool may_become_path(std::string_view text, bool digits_may_follow);

/// All values that `path` finds in a record, in its order. Its text is UTF-8.
std::vector<std::string> values(const columns::Path& path, std::string_view leader,
                                const std::vector<test::FieldParts>& fields);

/// The value of digits with a sign and white space around them, if 64 bits hold it.
std::optional<std::int64_t> whole_number(std::string_view text);

}  // namespace rapidmarc::reference
