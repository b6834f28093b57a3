#include "columns/regex.hpp"

#if defined(RAPIDMARC_RE2)
#include <re2/re2.h>
#endif

namespace rapidmarc::columns {

#if defined(RAPIDMARC_RE2)

struct Regex::Program {
  explicit Program(std::string_view pattern)
      : expression({pattern.data(), pattern.size()}, options()) {}

  static RE2::Options options() {
    RE2::Options chosen;
    chosen.set_log_errors(false);
    chosen.set_never_capture(true);
    return chosen;
  }

  RE2 expression;
};

std::variant<Regex, std::string> Regex::compile(std::string_view pattern) {
  auto program = std::make_shared<const Program>(pattern);
  if (!program->expression.ok()) return program->expression.error();
  return Regex(std::move(program));
}

bool Regex::found_in(std::string_view text) const {
  return RE2::PartialMatch({text.data(), text.size()}, program_->expression);
}

#else

struct Regex::Program {};

std::variant<Regex, std::string> Regex::compile(std::string_view /*pattern*/) {
  return "regular expressions need RE2, and this build of rapidmarc was made without it";
}

bool Regex::found_in(std::string_view /*text*/) const { return false; }

#endif

}  // namespace rapidmarc::columns
