// One field to MARC-8: indicators and subfield codes stay what they are, each value is converted on
// its own, because every value of a record begins with the default sets.
#include <algorithm>

#include "core/code_point.hpp"
#include "core/format.hpp"
#include "core/marc8.hpp"
#include "core/utf8.hpp"

namespace rapidmarc {
namespace {

std::optional<Marc8FieldError> encode_control_field(std::string_view data, std::string& out,
                                                    Marc8Unmappable unmappable) {
  if (!is_valid_utf8(data)) return Marc8FieldError{0, 0, false};
  for (std::size_t at = 0; at < data.size();) {
    const CodePoint character = read_utf8(data, at);
    at += character.length;
    if (character.length == 1) {
      out += static_cast<char>(character.value);
    } else if (unmappable == Marc8Unmappable::numeric_reference) {
      append_numeric_reference(character.value, out);
    } else {
      return Marc8FieldError{character.value, 0, true};
    }
  }
  return std::nullopt;
}

/// Appends text that has to be ASCII.
std::optional<Marc8FieldError> append_ascii(std::string_view text, std::string& out) {
  const auto odd = std::find_if_not(text.begin(), text.end(), is_ascii);
  if (odd != text.end()) {
    const auto place = static_cast<std::size_t>(odd - text.begin());
    return Marc8FieldError{is_valid_utf8(text) ? read_utf8(text, place).value : 0, 0, false};
  }
  out += text;
  return std::nullopt;
}

/// Appends what follows a delimiter: code and value.
std::optional<Marc8FieldError> encode_subfield(std::string_view subfield, std::string& out,
                                               Marc8Unmappable unmappable) {
  if (subfield.empty()) return std::nullopt;
  if (!is_ascii(subfield[0])) {
    const bool valid = is_valid_utf8(subfield);
    return Marc8FieldError{valid ? read_utf8(subfield, 0).value : 0, 0, false};
  }
  out += subfield[0];
  const auto error = marc8_encode(subfield.substr(1), out, unmappable);
  if (!error) return std::nullopt;
  return Marc8FieldError{error->code_point, subfield[0], true};
}

std::optional<Marc8FieldError> encode_data_field(std::string_view data, std::string& out,
                                                 Marc8Unmappable unmappable) {
  std::size_t end = std::min(data.find(subfield_delimiter), data.size());
  if (const auto error = append_ascii(data.substr(0, end), out)) return error;
  while (end < data.size()) {
    const std::size_t begin = end + 1;
    end = std::min(data.find(subfield_delimiter, begin), data.size());
    out += subfield_delimiter;
    if (const auto error = encode_subfield(data.substr(begin, end - begin), out, unmappable)) {
      return error;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Marc8FieldError> marc8_encode_field(std::string_view field, bool is_control,
                                                  std::string& out, Marc8Unmappable unmappable) {
  const std::size_t start = out.size();
  if (field.ends_with(field_terminator)) field.remove_suffix(1);
  const auto error = is_control ? encode_control_field(field, out, unmappable)
                                : encode_data_field(field, out, unmappable);
  if (error) {
    out.resize(start);
  } else {
    out += field_terminator;
  }
  return error;
}

}  // namespace rapidmarc
