#include "reference/record.hpp"

#include <algorithm>
#include <string>

#include "core/marc8.hpp"
#include "reference/marc8.hpp"
#include "reference/text.hpp"

namespace rapidmarc::reference {
namespace {

constexpr std::string_view blanks = " \t\n\v\f\r";
constexpr std::string_view ten_digits = "0123456789";

bool all_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool only_digits(std::string_view text) {
  return text.find_first_not_of(ten_digits) == std::string_view::npos;
}

/// `data[first:last]` in Python.
std::string_view slice(std::string_view data, std::int64_t first, std::int64_t last) {
  const auto size = static_cast<std::int64_t>(data.size());
  if (first < 0) first = std::max<std::int64_t>(first + size, 0);
  if (last < 0) last = std::max<std::int64_t>(last + size, 0);
  last = std::min(last, size);
  if (first >= last) return {};
  return data.substr(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
}

std::vector<std::string_view> split(std::string_view text, char delimiter) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(delimiter);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string latin1(std::string_view bytes) {
  std::u32string characters;
  for (const char each : bytes) characters += static_cast<unsigned char>(each);
  return to_utf8(characters);
}

class Decoder {
 public:
  Decoder(std::string_view record, const DecodeOptions& options)
      : record_(record), options_(options) {}

  Reading read() {
    leader_and_fields();
    return std::move(reading_);
  }

 private:
  void leader_and_fields() {
    const std::string_view leader = record_.substr(0, 24);
    if (!all_ascii(leader)) return fault(Error::leader_not_ascii, 0);
    if (leader.size() < 24) return fault(Error::leader_short, 0);
    utf8_ = leader[9] == 'a' || options_.force_utf8;
    const auto size = static_cast<std::int64_t>(record_.size());
    const auto base = python_int(leader.substr(12, 5));
    if (!base) return fault(Error::base_address_not_a_number, 12);
    if (*base <= 0) return fault(Error::base_address_missing, 12);
    if (*base >= size) return fault(Error::base_address_beyond_end, 12);
    const auto length = python_int(leader.substr(0, 5));
    if (!length) return fault(Error::length_not_a_number, 0);
    if (*length > size) return fault(Error::length_beyond_end, 0);

    const std::string_view directory = slice(record_, 24, *base - 1);
    if (!all_ascii(directory)) return fault(Error::directory_not_ascii, 24);
    if (directory.size() % 12 != 0) return fault(Error::directory_ragged, 24);
    if (directory.empty()) return fault(Error::directory_empty, 24);
    for (std::size_t at = 0; at < directory.size() && reading_.fault.error == Error::none; at += 12)
      entry(directory.substr(at, 12), at / 12, *base);
  }

  void entry(std::string_view text, std::size_t number, std::int64_t base) {
    number_ = number;
    tag_ = text.substr(0, 3);
    const auto length = python_int(text.substr(3, 4));
    const auto start = python_int(text.substr(7, 5));
    if (!length) return fault(Error::entry_not_a_number, 24 + 12 * number + 3);
    if (!start) return fault(Error::entry_not_a_number, 24 + 12 * number + 7);
    const std::string_view data = slice(record_, base + *start, base + *start + *length - 1);
    if (only_digits(tag_) && tag_ < "010") {
      control_field(data);
    } else {
      data_field(data);
    }
    tag_ = {};
  }

  void control_field(std::string_view data) {
    if (!utf8_ && !options_.marc8 && !all_ascii(data)) reading_.left_to_python = true;
    const std::string text = utf8_ ? std::string(data) : latin1(data);
    if (!to_characters(text)) return fault(Error::text_not_utf8, place(data));
    reading_.fields.push_back({std::string(tag_), in_form(text, options_.form), {}});
  }

  void data_field(std::string_view data) {
    const std::vector<std::string_view> parts = split(data, '\x1F');
    const std::string_view indicators = parts[0];
    if (!all_ascii(indicators)) return fault(Error::indicators_not_ascii, place(data));
    if (indicators.size() != 2) {
      const Note::Kind kind = indicators.empty()       ? Note::Kind::indicators_missing
                              : indicators.size() == 1 ? Note::Kind::indicator_single
                                                       : Note::Kind::indicators_many;
      reading_.notes.push_back({kind, place(data), static_cast<std::uint32_t>(data.size()), {}});
    }
    test::FieldParts field{std::string(tag_), (std::string(indicators) + "  ").substr(0, 2), {}};
    for (std::size_t i = 1; i < parts.size(); ++i) {
      if (parts[i].empty()) continue;
      if (!all_ascii(parts[i].substr(0, 1))) {
        reading_.left_to_python = true;
        continue;
      }
      const auto text = value(parts[i].substr(1));
      if (!text) return;
      field.subfields.push_back(parts[i][0] + in_form(*text, options_.form));
    }
    reading_.fields.push_back(field);
  }

  std::optional<std::string> value(std::string_view bytes) {
    if (utf8_) {
      if (to_characters(bytes)) return std::string(bytes);
      fault(Error::text_not_utf8, place(bytes));
      return std::nullopt;
    }
    if (!options_.marc8) {
      reading_.left_to_python = true;
      return latin1(bytes);
    }
    const Marc8Reading marc8 = read_marc8(bytes, options_.quiet_marc8);
    for (const Marc8Note& note : marc8.notes)
      reading_.notes.push_back({Note::Kind::marc8, 0, 0, to_text(note)});
    if (marc8.valid) return marc8.text;
    fault(Error::text_not_marc8, place(bytes));
    return std::nullopt;
  }

  void fault(Error error, std::size_t position) {
    reading_.fault.error = error;
    reading_.fault.position = static_cast<std::uint32_t>(position);
    reading_.fault.entry = static_cast<std::uint32_t>(number_);
    std::copy(tag_.begin(), tag_.end(), reading_.fault.tag.begin());
  }

  std::uint32_t place(std::string_view part) const {
    return part.empty() ? 0 : static_cast<std::uint32_t>(part.data() - record_.data());
  }

  std::string_view record_;
  const DecodeOptions& options_;
  bool utf8_ = false;
  std::size_t number_ = 0;
  std::string_view tag_;
  Reading reading_;
};

/// `number` with at least `width` digits, or what `oversize` wants where that is not enough.
std::string number(std::size_t value, std::size_t width, Oversize oversize) {
  const std::string text = test::digits(value, width);
  return text.size() > width && oversize != Oversize::spill ? std::string(width, '0') : text;
}

}  // namespace

std::optional<std::int64_t> python_int(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(blanks) - first + 1);
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  std::string plain;
  for (const std::string_view part : split(text, '_')) {
    if (part.empty() || !only_digits(part)) return std::nullopt;
    plain += part;
  }
  const std::int64_t value = std::stoll(plain);
  return negative ? -value : value;
}

FrameResult frame(std::string_view bytes, bool last, std::size_t limit, std::size_t most,
                  std::vector<RecordSpan>& spans) {
  FrameResult result;
  std::size_t at = 0;
  for (std::size_t count = 0; count < most && at < limit; ++count) {
    const std::string_view rest = bytes.substr(at);
    result.consumed = static_cast<std::uint32_t>(at);
    const auto fault = [&result](Error error, std::size_t length) {
      result.stop = Stop::fault;
      result.fault = error;
      result.fault_length = static_cast<std::uint32_t>(length);
      return result;
    };
    const auto length = rest.size() < 5 ? 5 : python_int(rest.substr(0, 5));
    if (!length) return fault(Error::length_not_a_number, 5);
    if (*length < 5) {
      result.stop = Stop::rest_of_stream;
      return result;
    }
    const auto size = static_cast<std::size_t>(*length);
    if (rest.size() < size && !last) {
      result.stop = Stop::need_more;
      result.wanted = static_cast<std::uint32_t>(size);
      return result;
    }
    if (rest.empty()) {
      result.stop = Stop::end;
      return result;
    }
    if (rest.size() < size) return fault(Error::record_truncated, rest.size());
    if (rest[size - 1] != '\x1D') return fault(Error::terminator_missing, size);
    spans.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(size)});
    at += size;
  }
  result.consumed = static_cast<std::uint32_t>(at);
  result.stop = last && at == bytes.size() ? Stop::end : Stop::limit;
  return result;
}

std::optional<std::size_t> record_start(std::string_view bytes, std::size_t from) {
  for (std::size_t at = from + 1; at <= bytes.size(); ++at) {
    if (bytes[at - 1] == '\x1D' && only_digits(bytes.substr(at, 5))) return at;
  }
  return std::nullopt;
}

Reading decode(std::string_view record, const DecodeOptions& options) {
  return Decoder(record, options).read();
}

std::string encode(std::string_view leader_05_11, std::string_view leader_17_23,
                   const std::vector<test::EncodedField>& fields, std::string_view data,
                   Oversize oversize) {
  std::string directory;
  std::size_t position = 0;
  for (const test::EncodedField& field : fields) {
    directory += field.tag + number(field.length, 4, oversize) + number(position, 5, oversize);
    position += field.length;
  }
  const std::size_t base = 24 + directory.size() + 1;
  return number(base + data.size() + 1, 5, oversize) + std::string(leader_05_11) +
         number(base, 5, oversize) + std::string(leader_17_23) + directory + '\x1E' +
         std::string(data) + '\x1D';
}

}  // namespace rapidmarc::reference
