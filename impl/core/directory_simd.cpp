// Vectorised reading of a directory: an entry is twelve bytes there and twelve in our table, so
// that one vector takes the one to the other. Digits become numbers by two instructions that
// multiply lanes by weights and add neighbours; Highway has them on x86 only under the processor's
// own name. Other processors take the portable road.
#include "core/directory_simd.hpp"

#include <cstddef>
#include <cstring>

#include "core/directory.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/directory_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace rapidmarc::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Targets with more have the lower numbers.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3

static_assert(sizeof(Entry) == directory_entry_length && offsetof(Entry, control) == 3 &&
              offsetof(Entry, offset) == 4 && offsetof(Entry, length) == 8);

// A vector holds the four bytes before an entry, which belong to the leader or to the entry before
// it, then the entry: tag in 4-6, length in 7-10, position in 11-15.
constexpr std::uint8_t none = 0x80;
alignas(16) constexpr std::uint8_t tag_places[16] = {
    4, 5, 6, none, none, none, none, none, none, none, none, none, none, none, none, none};
alignas(16) constexpr std::uint8_t digit_places[16] = {
    none, none, none, none, 12, 13, 14, 15, 7, 8, 9, 10, none, none, none, 11};
alignas(16) constexpr std::int8_t pair_weights[16] = {10, 1, 10, 1, 10, 1, 10, 1,
                                                      10, 1, 10, 1, 10, 1, 10, 1};
alignas(16) constexpr std::int16_t sum_weights[8] = {0, 0, 100, 1, 100, 1, 0, 10'000};
// The first digit of the position, the last of the four sums, goes to where the others are.
alignas(16) constexpr std::uint8_t first_digit_place[16] = {
    none, none, none, none, 12, 13, 14, 15, none, none, none, none, none, none, none, none};
// What the zeros' own code adds to a number.
constexpr std::uint32_t zeros_of_position = 11'111U * '0';
constexpr std::uint32_t zeros_of_length = 1'111U * '0';

/// As the portable one.
HWY_INLINE bool all_digits(std::string_view text) {
  const hn::ScalableTag<std::uint8_t> tag;
  const std::size_t lanes = hn::Lanes(tag);
  if (text.size() < lanes) return rapidmarc::all_digits(text);
  const auto* const data = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto zero = hn::Set(tag, '0');
  const auto nine = hn::Set(tag, 9);
  auto beyond = hn::Zero(tag);
  const auto look_at = [&](std::size_t at) HWY_ATTR {
    beyond = hn::Or(beyond, hn::SaturatedSub(hn::Sub(hn::LoadU(tag, data + at), zero), nine));
  };
  for (std::size_t at = 0; at + lanes <= text.size(); at += lanes) look_at(at);
  look_at(text.size() - lanes);  // overlaps what was seen already; seeing it twice does no harm
  return hn::AllTrue(tag, hn::Eq(beyond, hn::Zero(tag)));
}

bool entries_of(std::string_view record, std::uint32_t base, std::span<Entry> entries) {
  if (!all_digits(record.substr(leader_length, entries.size() * directory_entry_length)))
    return false;
  const hn::FixedTag<std::uint8_t, 16> bytes;
  const hn::FixedTag<std::uint32_t, 4> numbers;
  const auto tags = hn::Load(bytes, tag_places);
  const auto digits = hn::Load(bytes, digit_places);
  const auto first_digit = hn::Load(bytes, first_digit_place);
  const auto pairs = hn::Load(hn::FixedTag<std::int8_t, 16>(), pair_weights);
  const auto sums = hn::Load(hn::FixedTag<std::int16_t, 8>(), sum_weights);
  alignas(16)
      const std::uint32_t added[4] = {0, base - zeros_of_position, 0 - zeros_of_length - 1, 0};
  const auto corrected = hn::Load(numbers, added);
  const auto read = [&](const char* at) HWY_ATTR {
    const auto entry = hn::LoadU(bytes, reinterpret_cast<const std::uint8_t*>(at - 4));
    const auto places = hn::TableLookupBytes(entry, digits);
    const hn::Vec<decltype(bytes)> weighed{
        _mm_madd_epi16(_mm_maddubs_epi16(places.raw, pairs.raw), sums.raw)};
    const auto number = hn::Add(hn::BitCast(numbers, weighed),
                                hn::BitCast(numbers, hn::TableLookupBytes(weighed, first_digit)));
    return hn::Or(hn::BitCast(bytes, hn::Add(number, corrected)),
                  hn::TableLookupBytes(entry, tags));
  };
  const char* at = record.data() + leader_length;
  auto* to = reinterpret_cast<std::uint8_t*>(entries.data());
  for (std::size_t left = entries.size() - 1; left != 0; --left) {
    hn::StoreU(read(at), bytes, to);  // its last four bytes are the next one's first
    at += directory_entry_length;
    to += sizeof(Entry);
  }
  alignas(16) std::uint8_t last[16];
  hn::Store(read(at), bytes, last);
  std::memcpy(to, last, sizeof(Entry));
  return true;
}

#else

bool entries_of(std::string_view record, std::uint32_t base, std::span<Entry> entries) {
  return scalar::read_entries(record, base, entries);
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace rapidmarc::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rapidmarc::simd {

HWY_EXPORT(entries_of);

bool read_entries(std::string_view record, std::uint32_t base, std::span<Entry> entries) noexcept {
  return HWY_DYNAMIC_DISPATCH(entries_of)(record, base, entries);
}

}  // namespace rapidmarc::simd
#endif
