#include "core/tolerant.hpp"

#include <algorithm>
#include <optional>

#include "core/dialect.hpp"
#include "core/directory.hpp"
#include "core/format.hpp"
#include "core/marc8.hpp"
#include "core/utf8.hpp"

namespace rapidmarc {
namespace {

/// What Python's `data[first:last]` gives: negative positions count from the end, too large ones
/// are cut off.
std::string_view python_slice(std::string_view data, std::int64_t first,
                              std::int64_t last) noexcept {
  const auto size = static_cast<std::int64_t>(data.size());
  const auto clamp = [size](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
  };
  const std::int64_t begin = clamp(first);
  const std::int64_t end = clamp(last);
  if (begin >= end) return {};
  return data.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

bool is_ascii_text(std::string_view text) noexcept {
  return scan_text(text, Controls::ignored).ascii;
}

void append_latin1(std::string_view text, std::string& out) {
  if (is_ascii_text(text)) {
    out += text;
    return;
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(0xC0 | (byte >> 6)));
      out.push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
}

class TolerantReader {
 public:
  TolerantReader(std::string_view record, const DecodeOptions& options, Tables& tables,
                 Fault& fault)
      : record_(record), options_(options), tables_(tables), fault_(fault) {}

  bool read(DecodedRecord& out) {
    image_start_ = tables_.images.size();
    out.image = static_cast<std::uint32_t>(image_start_);
    if (!read_leader() || !read_directory()) return false;
    out.encoding = encoding_;
    if (directory_.empty()) return fail(Error::directory_empty, leader_length);
    for (std::size_t at = 0; at < directory_.size(); at += directory_entry_length) {
      if (!read_field(directory_.substr(at, directory_entry_length), at / directory_entry_length))
        return false;
    }
    return !handed_over_;
  }

 private:
  bool fail(Error error, std::size_t position) {
    fault_.error = error;
    fault_.position = static_cast<std::uint32_t>(position);
    return false;
  }

  bool read_leader() {
    const std::string_view leader = record_.substr(0, leader_length);
    if (!is_ascii_text(leader)) return fail(Error::leader_not_ascii, 0);
    if (leader.size() < leader_length) return fail(Error::leader_short, 0);
    utf8_ = options_.force_utf8 || leader[coding_scheme_position] == 'a';
    if (options_.dialect != Dialect::marc21 && !options_.force_utf8) {
      utf8_ = is_utf8_in(options_.dialect, record_);
      if (!utf8_ && options_.dialect == Dialect::latin1) encoding_ = Encoding::latin1;
      if (!utf8_ && options_.dialect == Dialect::unimarc) unimarc_ = unimarc_sets(record_);
    } else if (options_.detect) {
      encoding_ = encoding_of(record_);
      utf8_ = encoding_ == Encoding::utf8;
    }
    const auto base = parse_python_int(leader.substr(base_address_position, length_field_length));
    if (!base) return fail(Error::base_address_not_a_number, base_address_position);
    if (*base <= 0) return fail(Error::base_address_missing, base_address_position);
    base_ = *base;
    if (base_ >= static_cast<std::int64_t>(record_.size())) {
      return fail(Error::base_address_beyond_end, base_address_position);
    }
    const auto length = parse_python_int(leader.substr(0, length_field_length));
    if (!length) return fail(Error::length_not_a_number, 0);
    if (*length > static_cast<std::int64_t>(record_.size()))
      return fail(Error::length_beyond_end, 0);
    return true;
  }

  bool read_directory() {
    directory_ = python_slice(record_, leader_length, base_ - 1);
    if (!is_ascii_text(directory_)) return fail(Error::directory_not_ascii, leader_length);
    if (directory_.size() % directory_entry_length != 0)
      return fail(Error::directory_ragged, leader_length);
    return true;
  }

  bool read_field(std::string_view entry, std::size_t number) {
    fault_.entry = static_cast<std::uint32_t>(number);
    std::copy_n(entry.begin(), 3, fault_.tag.begin());
    EntryNumbers digits{};
    std::optional<std::int64_t> length;
    std::optional<std::int64_t> position;
    if (read_entry_numbers(entry.data(), digits)) {
      length = digits.field_length;
      position = digits.starting_position;
    } else {
      length = parse_python_int(entry.substr(3, 4));
      position = parse_python_int(entry.substr(7, 5));
    }
    if (!length || !position) {
      return fail(Error::entry_not_a_number,
                  leader_length + number * directory_entry_length + (length ? 7 : 3));
    }
    const std::int64_t start = base_ + *position;
    const std::string_view data = python_slice(record_, start, start + *length - 1);

    Entry field{};
    std::copy_n(entry.begin(), sizeof field.tag, field.tag);
    field.control = is_control_tag(field.tag);
    field.offset = static_cast<std::uint32_t>(tables_.images.size() - image_start_);
    if (!(field.control ? read_control_field(data) : read_data_field(data))) return false;
    field.length = static_cast<std::uint32_t>(tables_.images.size() - image_start_ - field.offset);
    tables_.entries.push_back(field);
    fault_.tag.fill('\0');
    return true;
  }

  bool read_control_field(std::string_view data) {
    const std::size_t start = tables_.images.size();
    if (utf8_) {
      if (!is_valid_utf8(data)) return fail(Error::text_not_utf8, place_of(data));
      tables_.images += data;
    } else if (unimarc_) {
      read_unimarc(data, *unimarc_);
    } else if (options_.marc8 || encoding_ == Encoding::latin1) {
      append_latin1(data, tables_.images);  // pymarc never takes control fields for MARC-8
    } else if (is_ascii_text(data)) {
      tables_.images += data;
    } else {
      handed_over_ = true;
    }
    put_in_form(start);
    return true;
  }

  bool read_data_field(std::string_view data) {
    const std::size_t first_delimiter = std::min(data.find(subfield_delimiter), data.size());
    const std::string_view indicators = data.substr(0, first_delimiter);
    if (!std::all_of(indicators.begin(), indicators.end(), is_ascii))
      return fail(Error::indicators_not_ascii, place_of(data));
    if (indicators.size() != 2) note_indicators(data, indicators.size());
    tables_.images += indicators.empty() ? ' ' : indicators[0];
    tables_.images += indicators.size() < 2 ? ' ' : indicators[1];

    std::size_t at = first_delimiter;
    while (at < data.size()) {
      const std::size_t end = std::min(data.find(subfield_delimiter, at + 1), data.size());
      const std::string_view subfield = data.substr(at + 1, end - at - 1);
      at = end;
      if (subfield.empty()) continue;
      if (!is_ascii(subfield[0])) {
        handed_over_ =
            true;  // the code has to be normalised with the tables of Python's unicodedata
        continue;
      }
      tables_.images += subfield_delimiter;
      tables_.images += subfield[0];
      if (!read_value(subfield.substr(1))) return false;
    }
    return true;
  }

  bool read_value(std::string_view value) {
    const std::size_t start = tables_.images.size();
    if (utf8_) {
      if (!is_valid_utf8(value)) return fail(Error::text_not_utf8, place_of(value));
      tables_.images += value;
    } else if (unimarc_) {
      read_unimarc(value, *unimarc_);
    } else if (encoding_ == Encoding::latin1) {
      append_latin1(value, tables_.images);
    } else if (!options_.marc8) {
      handed_over_ = true;
    } else {
      marc8_notes_.clear();
      if (marc8_append_utf8(value, tables_.images, &marc8_notes_, options_.quiet_marc8) !=
          Marc8Status::ok) {
        return fail(Error::text_not_marc8, place_of(value));
      }
      keep_notes();
    }
    put_in_form(start);
    return true;
  }

  void put_in_form(std::size_t start) {
    if (has_form_) put_into(options_.form, tables_.images, start);
  }

  void read_unimarc(std::string_view value, const UnimarcSets& sets) {
    marc8_notes_.clear();
    append_unimarc(value, sets, tables_.images, options_.quiet_marc8 ? nullptr : &marc8_notes_);
    keep_notes();
  }

  void keep_notes() {
    for (const Marc8Note& note : marc8_notes_) {
      tables_.notes.push_back({Note::Kind::marc8, 0, 0, to_text(note)});
    }
  }

  void note_indicators(std::string_view data, std::size_t count) {
    const Note::Kind kind = count == 0   ? Note::Kind::indicators_missing
                            : count == 1 ? Note::Kind::indicator_single
                                         : Note::Kind::indicators_many;
    tables_.notes.push_back({kind,
                             static_cast<std::uint32_t>(place_of(data)),
                             static_cast<std::uint32_t>(data.size()),
                             {}});
  }

  std::size_t place_of(std::string_view part) const noexcept {
    return part.data() == nullptr ? 0 : static_cast<std::size_t>(part.data() - record_.data());
  }

  std::string_view record_;
  const DecodeOptions& options_;
  Tables& tables_;
  Fault& fault_;
  std::string_view directory_;
  std::vector<Marc8Note> marc8_notes_;
  std::size_t image_start_ = 0;
  std::int64_t base_ = 0;
  Encoding encoding_ = Encoding::unknown;
  std::optional<UnimarcSets> unimarc_;  // if the record is in these
  const bool has_form_ = options_.form != TextForm{};
  bool utf8_ = false;
  bool handed_over_ = false;
};

}  // namespace

bool read_tolerantly(std::string_view record, const DecodeOptions& options, Tables& tables,
                     DecodedRecord& out, Fault& fault) {
  return TolerantReader(record, options, tables, fault).read(out);
}

}  // namespace rapidmarc
