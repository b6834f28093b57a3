#include "parallel/partition.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>

#include "core/format.hpp"
#include "core/frame.hpp"
#include "core/recover.hpp"
#include "io/block.hpp"

namespace rapidmarc {
namespace {

// Behind a target: what is looked at first, and the most before records are counted off instead.
constexpr std::size_t first_reach = 64U << 10U;
constexpr std::size_t longest_reach = 4U << 20U;
// Records behind a place that must be there, each with a leader, before it is believed.
constexpr int records_walked = 8;
constexpr std::size_t counting_block = 1U << 20U;

/// What comes of following a record to the next.
struct Step {
  enum class Kind : std::uint8_t { record, broken, unread };
  Kind kind = Kind::broken;
  std::uint64_t next = 0;
};

/// Bytes of a source from `from` on, more of them when asked for.
class Window {
 public:
  Window(const Source& source, std::uint64_t size, std::uint64_t from)
      : source_(source), size_(size), from_(from) {}

  /// Makes the bytes up to `end` readable, as far as the source has them.
  void read_to(std::uint64_t end) {
    const auto wanted = static_cast<std::size_t>(std::min(end, size_) - from_);
    if (wanted > bytes_.size()) bytes_ = source_.extend(bytes_, from_, wanted, block_);
    // A file that has shrunk ends where its bytes do.
    if (bytes_.size() < wanted) size_ = from_ + bytes_.size();
  }

  std::uint64_t end() const noexcept { return from_ + bytes_.size(); }
  std::uint64_t size() const noexcept { return size_; }

  std::string_view bytes_at(std::uint64_t offset) const noexcept {
    return bytes_.substr(static_cast<std::size_t>(offset - from_));
  }

  /// Where the record at `offset` ends, judged as framing judges it.
  Step step(std::uint64_t offset) const noexcept {
    const std::string_view bytes = bytes_at(offset);
    if (bytes.size() < length_field_length) return behind_the_bytes(offset + length_field_length);
    const auto length = record_length_at(bytes.data());
    if (!length || *length < static_cast<std::int64_t>(length_field_length)) return {};
    const auto record = static_cast<std::size_t>(*length);
    if (record > bytes.size()) return behind_the_bytes(offset + record);
    if (bytes[record - 1] != record_terminator) return {};
    return {Step::Kind::record, offset + record};
  }

 private:
  Step behind_the_bytes(std::uint64_t end) const noexcept {
    return {end <= size_ ? Step::Kind::unread : Step::Kind::broken, 0};
  }

  const Source& source_;
  std::uint64_t size_;
  std::uint64_t from_;
  Block block_;
  std::string_view bytes_;
};

/// All places up to `target` at which the record may start that `target` lies in.
std::set<std::uint64_t> places_before(const Window& window, std::uint64_t from,
                                      std::uint64_t target) {
  std::set<std::uint64_t> places;
  if (from == 0) return {0};  // no need to guess
  const std::string_view bytes = window.bytes_at(from - 1);
  const auto reach = static_cast<std::size_t>(target - from + 1);
  const std::string_view searched = bytes.substr(0, reach);
  for (std::size_t at = searched.find(record_terminator); at != std::string_view::npos;
       at = searched.find(record_terminator, at + 1)) {
    places.insert(from + at);
  }
  return places;
}

/// Whether records, each with a leader, follow `offset` or the source ends.
bool records_follow(Window& window, std::uint64_t offset) {
  for (int walked = 0; walked < records_walked && offset != window.size(); ++walked) {
    Step step = window.step(offset);
    if (step.kind == Step::Kind::unread) {
      window.read_to(offset + longest_record);
      step = window.step(offset);
    }
    if (step.kind != Step::Kind::record || !plausible_leader(window.bytes_at(offset))) return false;
    offset = step.next;
  }
  return true;
}

/// The first start of a record, or of a piece that is none, at or behind `target`, counting from
/// `known`, where one starts. By the records' lengths as long as these are right, because all ways
/// of reading agree there.
std::uint64_t count_off(const Source& source, std::uint64_t size, std::uint64_t known,
                        std::uint64_t target) {
  Block block;
  std::string_view bytes;
  std::vector<RecordSpan> spans;
  std::vector<Damage> damages;
  std::size_t wanted = counting_block;
  bool damaged = false;
  while (known < target) {
    bytes = source.extend(bytes, known, wanted, block);
    if (bytes.empty()) return size;
    const bool last = bytes.size() < wanted;
    const auto limit =
        static_cast<std::size_t>(std::min<std::uint64_t>(target - known, bytes.size()));
    spans.clear();
    damages.clear();
    const FrameResult cut =
        damaged ? frame_with_recovery(bytes, last, limit, 1, spans, damages)
                : frame_records(bytes, last, limit, std::numeric_limits<std::size_t>::max(), spans);
    known += cut.consumed;
    if (cut.stop == Stop::end) break;
    const bool met_damage = cut.stop == Stop::fault || cut.stop == Stop::rest_of_stream;
    const bool grow = cut.stop == Stop::need_more && cut.consumed == 0;
    wanted = grow ? std::max<std::size_t>(cut.wanted, 2 * wanted) : counting_block;
    if (cut.consumed != 0) bytes = {};
    damaged = met_damage || (damaged && grow);
  }
  return known;
}

}  // namespace

std::optional<std::uint64_t> prove_boundary(const Source& source, std::uint64_t size,
                                            std::uint64_t target) {
  if (target >= size) return size;
  const std::uint64_t from = target < longest_record ? 0 : target - longest_record + 1;
  Window window(source, size, from == 0 ? 0 : from - 1);
  std::uint64_t reach = first_reach;
  window.read_to(target + reach);
  std::set<std::uint64_t> chains = places_before(window, from, target);
  while (!chains.empty()) {
    const std::uint64_t first = *chains.begin();
    if (chains.size() == 1 && first >= target) {
      return records_follow(window, first) ? std::optional(first) : std::nullopt;
    }
    const Step step = window.step(first);
    if (step.kind == Step::Kind::unread) {
      if (reach >= longest_reach) return std::nullopt;
      reach *= 4;
      window.read_to(target + reach);
      continue;
    }
    chains.erase(chains.begin());
    if (step.kind == Step::Kind::record) chains.insert(step.next);
  }
  return std::nullopt;
}

Boundaries find_boundaries(const Source& source, std::span<const std::uint64_t> targets) {
  const std::uint64_t size = source.size();
  Boundaries found;
  std::uint64_t known = 0;
  for (const std::uint64_t target : targets) {
    if (target > known) {
      if (const auto proven = prove_boundary(source, size, target)) {
        known = *proven;
        ++found.counts.proven;
      } else {
        known = count_off(source, size, known, target);
        ++found.counts.counted;
      }
    }
    found.offsets.push_back(known);
  }
  return found;
}

}  // namespace rapidmarc
