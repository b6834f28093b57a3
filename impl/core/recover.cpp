#include "core/recover.hpp"

#include <algorithm>

#include "core/directory.hpp"
#include "core/format.hpp"

namespace rapidmarc {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view entry_map = "4500";  // leader 20-23
constexpr std::size_t largest_leader = 26;      // both numbers grown by a digit
constexpr std::size_t least_lookahead = 4096;   // more than most pieces need
constexpr std::size_t entry_map_position = 20;

bool is_number(std::string_view text) noexcept { return parse_digits(text).has_value(); }

/// Whether `bytes` begin with a leader in which nothing is wrong: what may be taken for the start
/// of a record in the midst of other bytes.
bool is_faultless_leader(std::string_view bytes) noexcept {
  if (bytes.size() < leader_length) return false;
  const auto length = parse_digits(bytes.substr(0, length_field_length));
  const auto base = parse_digits(bytes.substr(base_address_position, length_field_length));
  return length && base && *base > leader_length && *base < *length &&
         bytes.substr(10, 2) == "22" && bytes.substr(entry_map_position, 4) == entry_map &&
         std::none_of(
             bytes.begin(), bytes.begin() + leader_length,
             [](char c) { return c < ' ' || c > '~'; });
}

/// The first place in [from, end) at which a faultless leader begins.
std::optional<std::size_t> find_faultless_leader(std::string_view bytes, std::size_t from,
                                                 std::size_t end) noexcept {
  const std::string_view searched = bytes.substr(0, end);
  std::size_t at = from + entry_map_position;
  while ((at = searched.find(entry_map, at)) != std::string_view::npos) {
    if (is_faultless_leader(searched.substr(at - entry_map_position)))
      return at - entry_map_position;
    ++at;
  }
  return std::nullopt;
}

/// Where the fields of `record` end by its directory, counted from its first byte; 0 if the
/// directory cannot be read.
std::size_t end_of_fields(std::string_view record) noexcept {
  const auto base = parse_digits(record.substr(base_address_position, length_field_length));
  if (!base || *base > record.size()) return 0;
  std::size_t end = 0;
  for (std::size_t at = leader_length; at + directory_entry_length < *base;
       at += directory_entry_length) {
    EntryNumbers numbers{};
    if (!read_entry_numbers(record.data() + at, numbers)) return 0;
    end = std::max<std::size_t>(end, *base + numbers.starting_position + numbers.field_length);
  }
  return end;
}

/// What is known about the terminators in [from, to): no leader stands behind any of them. Records
/// that state long lengths inside of each other would else look at the same ones again and again.
struct Cleared {
  std::size_t from = 0;
  std::size_t to = 0;
};

/// Whether the stated length of `record`, which stands at `begin` in its block, takes in the record
/// behind it: a terminator inside is followed by a leader, and the directory does not account for
/// what comes then.
bool runs_into_next(std::string_view record, std::size_t begin, Cleared& cleared) noexcept {
  const std::string_view inside = record.substr(0, record.size() - 1);
  if (begin < cleared.from || begin > cleared.to) cleared = {begin, begin};
  std::size_t at = cleared.to - begin;
  bool holds_elsewhere = true;  // for a record that begins behind this one, and ends behind it
  while ((at = inside.find(record_terminator, at)) != std::string_view::npos) {
    const std::size_t gap = padding_length(inside.substr(at));
    at += gap;
    if (plausible_leader(inside.substr(at))) return end_of_fields(record) + 1 != record.size();
    holds_elsewhere =
        holds_elsewhere && gap < longest_padding && at + largest_leader <= inside.size();
    if (holds_elsewhere) cleared.to = begin + at;
  }
  return false;
}

struct Cut {
  enum class Kind : std::uint8_t { piece, need_more };
  Kind kind = Kind::piece;
  std::size_t size = 0;  // of the piece; need_more: bytes that would help
  Error error = Error::none;
};

constexpr Cut need(std::size_t size) noexcept { return {Cut::Kind::need_more, size, Error::none}; }
constexpr Cut piece(std::size_t size, Error error) noexcept {
  return {Cut::Kind::piece, size, error};
}

/// The record that `bytes`, which stand at `begin` in their block, begin with, or why there is
/// none: then with size 0.
Cut cut_record(std::string_view bytes, bool last, std::size_t begin, Cleared& cleared) noexcept {
  if (bytes.size() < length_field_length) {
    return last ? piece(0, Error::record_truncated) : need(length_field_length);
  }
  const auto length = record_length_at(bytes.data());
  if (!length) return piece(0, Error::length_not_a_number);
  if (*length < static_cast<std::int64_t>(length_field_length)) {
    return piece(0, Error::length_too_small);
  }
  const auto size = static_cast<std::size_t>(*length);
  if (size > bytes.size()) return last ? piece(0, Error::record_truncated) : need(size);
  if (bytes[size - 1] != record_terminator) return piece(0, Error::terminator_missing);
  if (runs_into_next(bytes.substr(0, size), begin, cleared))
    return piece(0, Error::length_beyond_next);
  return piece(size, Error::none);
}

/// What comes first at or behind a place: a faultless leader or a record terminator; both `npos` if
/// there is neither.
struct Landmark {
  std::size_t leader = std::string_view::npos;
  std::size_t terminator = std::string_view::npos;
};

/// Looks not much further than what it finds, so that many short pieces take no longer than one
/// long one.
Landmark find_landmark(std::string_view bytes, std::size_t from) noexcept {
  std::size_t at = from;
  for (std::size_t reach = 256; at < bytes.size(); reach *= 2) {
    const std::size_t end = std::min(bytes.size(), at + reach);
    const std::size_t terminator = bytes.substr(0, end).find(record_terminator, at);
    const bool found = terminator != std::string_view::npos;
    if (const auto leader = find_faultless_leader(bytes, at, found ? terminator : end))
      return {*leader, std::string_view::npos};
    if (found) return {std::string_view::npos, terminator};
    if (end == bytes.size()) break;
    at = end - leader_length + 1;  // a leader may begin in front of the end
  }
  return {};
}

/// Where the damage that `bytes` begin with ends, if these tell; no leader is looked for before
/// `from`.
std::optional<std::size_t> end_of_damage(std::string_view bytes, std::size_t from,
                                         bool last) noexcept {
  for (;;) {
    const auto [leader, terminator] = find_landmark(bytes, from);
    if (leader != std::string_view::npos) return std::min(leader, longest_damage);
    if (terminator == std::string_view::npos) {
      if (!last && bytes.size() < longest_damage + leader_length) return std::nullopt;
      return std::min(bytes.size(), longest_damage);
    }
    const std::size_t end = terminator + 1;
    if (end >= longest_damage) return longest_damage;
    const std::size_t gap = padding_length(bytes.substr(end));
    if (gap >= longest_padding) return end;
    const std::string_view behind = bytes.substr(end + gap);
    if (behind.size() < largest_leader && !last) return std::nullopt;
    if (behind.empty() || plausible_leader(behind)) return end;
    from = end + gap;
  }
}

/// The piece that `bytes`, which stand at `begin` in their block, begin with.
Cut cut_piece(std::string_view bytes, bool last, std::size_t begin, Cleared& cleared) noexcept {
  const Cut record = cut_record(bytes, last, begin, cleared);
  if (record.kind == Cut::Kind::need_more || record.size != 0) return record;
  if (bytes.size() < largest_leader && !last) return need(largest_leader);
  const bool has_leader = plausible_leader(bytes).has_value();
  if (const std::size_t size = padding_length(bytes); size != 0) {
    // The run may go on behind these bytes, or end at a leader that does.
    const bool cut = size < longest_padding && size + largest_leader > bytes.size();
    return cut && !last ? need(bytes.size() + least_lookahead) : piece(size, Error::padding);
  }
  const auto end = end_of_damage(bytes, has_leader ? leader_length : 1, last);
  return end ? piece(*end, record.error)
             : need(bytes.size() + std::max(bytes.size(), least_lookahead));
}

}  // namespace

std::optional<LeaderShape> plausible_leader(std::string_view bytes) noexcept {
  if (bytes.size() < leader_length) return std::nullopt;
  const std::string_view usual = bytes.substr(0, leader_length);
  const int signs = int{is_number(usual.substr(0, length_field_length))} +
                    int{is_number(usual.substr(base_address_position, length_field_length))} +
                    int{usual.substr(10, 2) == "22"} +
                    int{usual.substr(entry_map_position, 2) == entry_map.substr(0, 2)};
  const auto ends_something = [](char c) {
    return c >= record_terminator && c <= subfield_delimiter;
  };
  const bool is_whole = std::none_of(usual.begin(), usual.end(), ends_something);
  if (signs == 4 && is_whole) return LeaderShape{};
  for (const LeaderShape shape : {LeaderShape{6, 5}, LeaderShape{5, 6}, LeaderShape{6, 6}}) {
    if (bytes.size() < shape.size()) continue;
    const std::size_t base = shape.length_digits + 7;
    if (is_number(bytes.substr(0, shape.length_digits)) && bytes.substr(base - 2, 2) == "22" &&
        is_number(bytes.substr(base, shape.base_digits)) &&
        bytes.substr(base + shape.base_digits + 3, 4) == entry_map) {
      return shape;
    }
  }
  return signs == 3 && is_whole ? std::optional(LeaderShape{}) : std::nullopt;
}

std::size_t padding_length(std::string_view bytes) noexcept {
  std::size_t size = 0;
  while (size < bytes.size() && size < longest_padding) {
    // Blanks may be the length of a leader.
    if (plausible_leader(bytes.substr(size))) return size;
    switch (bytes[size]) {
      case '\n':
      case '\r':
      case '\0':
      case '\x1A':
      case ' ':
      case record_terminator: ++size; break;
      default:
        if (bytes.substr(size, byte_order_mark.size()) != byte_order_mark) return size;
        size += byte_order_mark.size();
    }
  }
  return size;
}

FrameResult frame_with_recovery(std::string_view bytes, bool last, std::size_t limit,
                                std::size_t most, std::vector<RecordSpan>& spans,
                                std::vector<Damage>& damages) {
  FrameResult result;
  Cleared cleared;
  std::size_t at = 0;
  for (std::size_t count = 0; at < limit && count < most; ++count) {
    if (last && at == bytes.size()) break;
    const Cut cut = cut_piece(bytes.substr(at), last, at, cleared);
    if (cut.kind == Cut::Kind::need_more) {
      result.stop = Stop::need_more;
      result.consumed = static_cast<std::uint32_t>(at);
      result.wanted = static_cast<std::uint32_t>(cut.size);
      return result;
    }
    if (cut.error != Error::none)
      damages.push_back({static_cast<std::uint32_t>(spans.size()), cut.error});
    spans.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(cut.size)});
    at += cut.size;
  }
  result.stop = last && at == bytes.size() ? Stop::end : Stop::limit;
  result.consumed = static_cast<std::uint32_t>(at);
  return result;
}

}  // namespace rapidmarc
