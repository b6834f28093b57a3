// Regular expressions on UTF-8, by RE2: no expression takes more than time in proportion to the
// text, whoever wrote it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace rapidmarc::columns {

class Regex {
 public:
  /// The expression, or what is wrong with it; in a build without RE2 that there is none.
  static std::variant<Regex, std::string> compile(std::string_view pattern);

  /// Whether `pattern` matches somewhere in `text`. Any number of threads may ask at once.
  bool found_in(std::string_view text) const;

 private:
  struct Program;
  explicit Regex(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

  std::shared_ptr<const Program> program_;
};

}  // namespace rapidmarc::columns
