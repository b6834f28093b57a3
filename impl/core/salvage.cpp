#include "core/salvage.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <utility>

#include "core/directory.hpp"
#include "core/format.hpp"
#include "core/recover.hpp"

namespace rapidmarc {
namespace {

/// Data of one field, without its terminator, from the record's first byte on.
struct Segment {
  std::size_t begin;
  std::size_t end;
};

/// What the directory says of one field, and where that was found to lie.
struct Listed {
  std::string_view text;               // of the entry
  std::optional<std::size_t> start;    // as stated, from the base address on
  std::optional<std::size_t> segment;  // number of its first segment
  std::size_t count = 1;               // of its segments: a value may hold terminators
  bool misplaced = false;              // the directory had it elsewhere
  bool has_tag = true;                 // whose bytes are where they belong
};

constexpr int most_torn_places = 4;            // terminators in a directory that are looked behind
constexpr std::ptrdiff_t most_torn_bytes = 3;  // that are no digits, between two of them

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

/// `number` as a directory writes it, in `width` digits or, if that is too few, in more.
std::string grown_digits(std::size_t number, std::size_t width) {
  std::string text = std::to_string(number);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

class Salvager {
 public:
  explicit Salvager(std::string_view record) : record_(record) {}

  Salvaged salvage() {
    const auto shape = plausible_leader(record_);
    if (!shape) return {};
    read_leader(*shape);
    find_directory(shape->size());
    if (ragged_) note(Error::directory_ragged, shape->size());
    match_by_order();
    collect();
    return std::move(result_);
  }

 private:
  void note(Error error, std::size_t position, std::size_t entry = 0, std::string_view tag = {}) {
    if (result_.faults.size() >= most_faults) return;
    Fault fault;
    fault.error = error;
    fault.position = static_cast<std::uint32_t>(position);
    fault.entry = static_cast<std::uint32_t>(entry);
    std::copy(tag.begin(), tag.end(), fault.tag.begin());
    result_.faults.push_back(fault);
  }

  void read_leader(const LeaderShape& shape) {
    const std::size_t base = shape.length_digits + 7;
    const auto number = [this](std::size_t at, std::size_t size) {
      return std::string(size == length_field_length ? record_.substr(at, size) : "99999");
    };
    result_.leader = number(0, shape.length_digits);
    result_.leader += record_.substr(shape.length_digits, 7);
    result_.leader += number(base, shape.base_digits);
    result_.leader += record_.substr(base + shape.base_digits, 7);
    if (!std::all_of(result_.leader.begin(), result_.leader.end(), is_ascii))
      note(Error::leader_not_ascii, 0);
    std::replace_if(
        result_.leader.begin(), result_.leader.end(), [](char c) { return c < ' ' || c > '~'; },
        ' ');
  }

  /// Finds out where the directory ends and reads it. A terminator among digits may be damage
  /// inside the directory: then it goes on to the next if more of its entries lead to fields that
  /// way.
  void find_directory(std::size_t leader_size) {
    const std::size_t stated = stated_base(leader_size);
    std::size_t base = stated != 0 ? stated : behind_terminator(leader_size);
    read_directory(leader_size, base);
    for (int looked_at = 0; stated == 0 && looked_at < most_torn_places; ++looked_at) {
      const std::size_t next = behind_terminator(base);
      const std::string_view between = record_.substr(base, next - base);
      if (between.size() < 2 || next == record_.size() ||
          std::count_if(between.begin(), between.end() - 1, std::not_fn(is_digit)) >
              most_torn_bytes)
        return;
      Salvager other(record_);
      other.read_directory(leader_size, next);
      if (other.found() > found()) {
        other.result_ = std::move(result_);
        *this = std::move(other);
      }
      base = next;
    }
  }

  /// The place behind the next field terminator, or the end of the record.
  std::size_t behind_terminator(std::size_t from) const noexcept {
    const std::size_t terminator = record_.find(field_terminator, from);
    return terminator == std::string_view::npos ? record_.size() : terminator + 1;
  }

  /// Entries that lead to fields.
  std::ptrdiff_t found() const {
    return std::count_if(listed_.begin(), listed_.end(),
                         [](const Listed& entry) { return entry.segment.has_value(); });
  }

  /// Cuts what stands from `base_` on at field terminators.
  void find_fields() {
    std::size_t at = base_;
    for (;;) {
      const std::size_t end = record_.find(field_terminator, at);
      if (end == std::string_view::npos) break;
      segments_.push_back({at, end});
      at = end + 1;
    }
    const std::string_view rest = record_.substr(at);
    if (!rest.empty() && rest != std::string_view(&record_terminator, 1)) rest_ = at;
  }

  /// The base address in the leader if it leads behind a directory; else 0.
  std::size_t stated_base(std::size_t leader_size) const noexcept {
    const auto base = parse_digits(record_.substr(leader_size - 12, length_field_length));
    const bool fits = base && *base > leader_size && *base < record_.size() &&
                      (*base - 1 - leader_size) % directory_entry_length == 0 &&
                      record_[*base - 1] == field_terminator;
    return fits ? *base : 0;
  }

  /// Looks up the entries of the directory in front of `base` among the fields behind it.
  void read_directory(std::size_t leader_size, std::size_t base) {
    base_ = base;
    find_fields();
    const std::size_t end = base_ > leader_size ? base_ - 1 : base_;
    std::string_view left = record_.substr(leader_size, end - leader_size);
    std::size_t expected = 0;  // segment
    bool tag_is_whole = true;  // of the entry that comes next
    while (!left.empty()) {
      Listed entry;
      std::size_t size = std::min(left.size(), directory_entry_length);
      if (const std::size_t exact = exact_entry_size(left, expected)) {
        size = exact;
        entry.segment = expected;
        entry.has_tag = std::exchange(tag_is_whole, true);
      } else if (size < directory_entry_length) {
        entry.has_tag = false;
        ragged_ = true;
      } else {
        place(left, entry);
        const std::size_t skip = entry.segment ? nowhere : next_exact_entry(left, expected);
        if (skip != nowhere) {
          size = skip;
          entry.has_tag = false;
          ragged_ = true;
          // What was left out at the end of this entry may have gone on into the next one.
          tag_is_whole = !may_lack_its_end(left.substr(0, skip), expected);
        }
      }
      entry.text = left.substr(0, size);
      left.remove_prefix(size);
      listed_.push_back(entry);
      expected = entry.segment.value_or(expected) + entry.count;
    }
  }

  /// What an entry should state of segment `number`, in however many digits that takes.
  std::string exact_numbers(std::size_t number) const {
    const Segment& segment = segments_[number];
    return grown_digits(segment.end - segment.begin + 1, 4) +
           grown_digits(segment.begin - base_, 5);
  }

  bool may_lack_its_end(std::string_view entry, std::size_t number) const {
    return entry.size() < tag_length || number >= segments_.size() ||
           exact_numbers(number).starts_with(entry.substr(tag_length));
  }

  /// The size of the entry that `directory` begins with, if it states just what the terminators say
  /// of segment `number`; else 0.
  std::size_t exact_entry_size(std::string_view directory, std::size_t number) const {
    if (number >= segments_.size() || directory.size() < directory_entry_length) return 0;
    const std::string numbers = exact_numbers(number);
    return directory.substr(tag_length).starts_with(numbers) ? tag_length + numbers.size() : 0;
  }

  /// How far behind the start of `directory` the entry of the segment behind `expected` stands, if
  /// that is not where it should be: bytes were put in or left out.
  std::size_t next_exact_entry(std::string_view directory, std::size_t expected) const {
    for (std::size_t skip = 1; skip < 2 * directory_entry_length; ++skip) {
      if (skip != directory_entry_length && skip < directory.size() &&
          exact_entry_size(directory.substr(skip), expected + 1) != 0)
        return skip;
    }
    return nowhere;
  }

  /// Looks for the field where the entry at the start of `directory` says it lies.
  void place(std::string_view directory, Listed& entry) const {
    EntryNumbers numbers{};
    if (!read_entry_numbers(directory.data(), numbers)) return;
    entry.start = numbers.starting_position;
    const std::size_t begin = base_ + numbers.starting_position;
    const auto first =
        std::lower_bound(segments_.begin(), segments_.end(), begin,
                         [](const Segment& segment, std::size_t at) { return segment.begin < at; });
    const auto last = std::lower_bound(
        first, segments_.end(), begin + numbers.field_length,
        [](const Segment& segment, std::size_t at) { return segment.end + 1 < at; });
    if (last == segments_.end() || first->begin != begin ||
        last->end + 1 != begin + numbers.field_length)
      return;
    entry.segment = static_cast<std::size_t>(first - segments_.begin());
    entry.count = static_cast<std::size_t>(last - first) + 1;
  }

  /// Entries that lead nowhere get the segments that lie between those of their neighbours, where
  /// there are as many of the ones as of the others.
  void match_by_order() {
    std::vector<std::size_t> order(listed_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const bool known = std::all_of(listed_.begin(), listed_.end(), [](const Listed& entry) {
      return entry.start.has_value() || entry.segment.has_value();
    });
    if (known) {
      const auto start = [this](std::size_t number) {
        const Listed& entry = listed_[number];
        return entry.start ? *entry.start : segments_[*entry.segment].begin - base_;
      };
      // Not std::stable_sort: libstdc++ allocates for it by what C++17 deprecates.
      std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(start(a), a) < std::pair(start(b), b);
      });
    }
    std::size_t first = 0;  // of the entries that lead nowhere, in `order`
    std::size_t segment = 0;
    for (std::size_t i = 0; i <= order.size(); ++i) {
      const bool at_end = i == order.size();
      if (!at_end && !listed_[order[i]].segment) continue;
      const std::size_t until = at_end ? segments_.size() : listed_[order[i]].segment.value_or(0);
      // Where bytes of the directory are missing, a run of entries may have wrong tags.
      const bool is_sure = !ragged_ || i - first == 1;
      if (is_sure && until >= segment && until - segment == i - first) {
        for (; first < i; ++first, ++segment) {
          listed_[order[first]].segment = segment;
          listed_[order[first]].misplaced = true;
        }
      }
      first = i + 1;
      segment = std::max(segment, until + (at_end ? 0 : listed_[order[i]].count));
    }
  }

  /// Whether `content` is no field of `tag`: longer than two indicators, and without a subfield.
  /// In a record that is damaged the tag is not believed then: it would cut the field.
  static bool belies(std::string_view tag, std::string_view content) {
    return !is_control_tag(tag.data()) && content.size() > 2 &&
           content.find(subfield_delimiter) == std::string_view::npos;
  }

  void collect() {
    std::vector<bool> listed(segments_.size());
    for (std::size_t number = 0; number < listed_.size(); ++number) {
      const Listed& entry = listed_[number];
      const std::string_view tag = entry.text.substr(0, tag_length);
      const bool has_tag = entry.has_tag && std::all_of(tag.begin(), tag.end(),
                                                        [](char c) { return c > ' ' && c <= '~'; });
      const auto place_in_record = static_cast<std::size_t>(entry.text.data() - record_.data());
      if (!entry.segment || !has_tag) {
        note(Error::field_not_found, place_in_record, number, has_tag ? tag : std::string_view{});
        continue;
      }
      const std::size_t begin = segments_[*entry.segment].begin;
      const std::size_t end = segments_[*entry.segment + entry.count - 1].end;
      if (belies(tag, record_.substr(begin, end - begin))) {
        note(Error::field_not_found, place_in_record, number);
        continue;
      }
      std::fill_n(listed.begin() + static_cast<std::ptrdiff_t>(*entry.segment), entry.count, true);
      if (entry.misplaced) note(Error::field_misplaced, begin, number, tag);
      Entry field{};
      std::copy(tag.begin(), tag.end(), field.tag);
      field.control = is_control_tag(field.tag);
      field.offset = static_cast<std::uint32_t>(begin);
      field.length = static_cast<std::uint32_t>(end - begin);
      result_.fields.push_back(field);
    }
    const auto stray = std::find(listed.begin(), listed.end(), false);
    if (stray != listed.end()) {
      const auto number = static_cast<std::size_t>(stray - listed.begin());
      note(Error::field_unlisted, segments_[number].begin);
    }
    if (rest_) note(Error::field_cut, *rest_);
  }

  std::string_view record_;
  Salvaged result_;
  std::size_t base_ = 0;
  std::vector<Segment> segments_;
  std::vector<Listed> listed_;
  bool ragged_ = false;              // bytes of the directory are missing, or there are too many
  std::optional<std::size_t> rest_;  // behind the last field terminator
};

}  // namespace

Salvaged salvage_record(std::string_view record) { return Salvager(record).salvage(); }

}  // namespace rapidmarc
