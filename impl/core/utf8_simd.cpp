// Vectorised text scan and UTF-8 validation. The validation is the table look-up method of J.
// Keiser and D. Lemire, "Validating UTF-8 in less than one instruction per byte", Software:
// Practice and Experience 51(5), 2021: three 16-entry tables, indexed by nibbles of neighbouring
// bytes, name the errors that each nibble allows; an error is a bit that all three name.
#include "core/utf8_simd.hpp"

#include "core/utf8_scalar.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/utf8_simd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace rapidmarc::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using ByteTag = hn::ScalableTag<std::uint8_t>;
using ByteVector = hn::Vec<ByteTag>;

HWY_INLINE ByteVector load(ByteTag tag, const char* at) {
  return hn::LoadU(tag, reinterpret_cast<const std::uint8_t*>(at));
}

HWY_INLINE bool any_set(ByteTag tag, ByteVector vector) {
  return !hn::AllTrue(tag, hn::Eq(vector, hn::Zero(tag)));
}

template <Controls controls>
HWY_INLINE TextFacts facts_with(std::string_view text) {
  const ByteTag tag;
  const std::size_t lanes = hn::Lanes(tag);
  const std::size_t size = text.size();
  if (size < lanes + 1) return scalar::scan_text(text, controls);
  const auto delimiter = hn::Set(tag, 0x1F);
  const auto one = hn::Set(tag, 1);
  const auto last_control = hn::Set(tag, 0x1C);
  const auto rubout = hn::Set(tag, 0x7F);
  auto bytes = hn::Zero(tag);
  auto odd = hn::Zero(tag);
  auto empties = hn::Zero(tag);
  auto codes = hn::Zero(tag);
  const auto look_at = [&](std::size_t at) HWY_ATTR {
    const auto here = load(tag, text.data() + at);
    const auto next = load(tag, text.data() + at + 1);
    const auto delimited = hn::VecFromMask(tag, hn::Eq(here, delimiter));
    // A delimiter is a terminator with its lowest bit set.
    const auto ends = hn::VecFromMask(tag, hn::Eq(hn::Or(next, one), delimiter));
    bytes = hn::Or(bytes, here);
    if constexpr (controls == Controls::looked_for) {
      const auto control = hn::Or(hn::Eq(hn::Min(here, last_control), here), hn::Eq(here, rubout));
      odd = hn::Or(odd, hn::VecFromMask(tag, control));
    }
    empties = hn::Or(empties, hn::And(delimited, ends));
    codes = hn::Or(codes, hn::And(delimited, next));
  };
  std::size_t at = 0;
  for (; at + 2 * lanes + 1 <= size; at += 2 * lanes) {
    look_at(at);
    look_at(at + lanes);
  }
  if (at + lanes + 1 <= size) {
    look_at(at);
    at += lanes;
  }
  if (at + 1 < size)
    look_at(size - lanes - 1);  // overlaps what was seen already; seeing it twice does no harm

  const auto high_bit = hn::Set(tag, 0x80);
  const TextFacts last = scalar::scan_text(text.substr(size - 1), controls);
  TextFacts facts;
  facts.ascii = last.ascii && !any_set(tag, hn::And(bytes, high_bit));
  facts.plain = last.plain && !any_set(tag, odd);
  facts.empty_subfield = any_set(tag, empties);
  facts.odd_code = any_set(tag, hn::And(codes, high_bit));
  return facts;
}

TextFacts text_facts(std::string_view text, Controls controls) {
  return controls == Controls::ignored ? facts_with<Controls::ignored>(text)
                                       : facts_with<Controls::looked_for>(text);
}

/// Errors that two neighbouring bytes can show; bits of the three tables.
enum : std::uint8_t {
  too_short = 1 << 0,       // a lead byte, then no continuation
  too_long = 1 << 1,        // ASCII, then a continuation
  overlong_3 = 1 << 2,      // E0 80-9F
  too_large = 1 << 3,       // F4 90-BF, F5-FF
  surrogate = 1 << 4,       // ED A0-BF
  overlong_2 = 1 << 5,      // C0, C1
  overlong_4 = 1 << 6,      // F0 80-8F
  too_large_1000 = 1 << 6,  // F5-FF 80-8F
  two_continuations = 1 << 7,
  carried = too_short | too_long | two_continuations,
};

alignas(16) constexpr std::uint8_t first_high[16] = {
    too_long,
    too_long,
    too_long,
    too_long,
    too_long,
    too_long,
    too_long,
    too_long,
    two_continuations,
    two_continuations,
    two_continuations,
    two_continuations,
    too_short | overlong_2,
    too_short,
    too_short | overlong_3 | surrogate,
    too_short | too_large | too_large_1000 | overlong_4};
alignas(16) constexpr std::uint8_t first_low[16] = {
    carried | overlong_3 | overlong_2 | overlong_4,
    carried | overlong_2,
    carried,
    carried,
    carried | too_large,
    carried | too_large | too_large_1000,
    carried | too_large | too_large_1000,
    carried | too_large | too_large_1000,
    carried | too_large | too_large_1000,
    carried | too_large | too_large_1000,
    carried | too_large | too_large_1000,
    carried | too_large | too_large_1000,
    carried | too_large | too_large_1000,
    carried | too_large | too_large_1000 | surrogate,
    carried | too_large | too_large_1000,
    carried | too_large | too_large_1000};
alignas(16) constexpr std::uint8_t second_high[16] = {
    too_short,
    too_short,
    too_short,
    too_short,
    too_short,
    too_short,
    too_short,
    too_short,
    too_long | overlong_2 | two_continuations | overlong_3 | too_large_1000 | overlong_4,
    too_long | overlong_2 | two_continuations | overlong_3 | too_large,
    too_long | overlong_2 | two_continuations | surrogate | too_large,
    too_long | overlong_2 | two_continuations | surrogate | too_large,
    too_short,
    too_short,
    too_short,
    too_short};

HWY_INLINE ByteVector look_up(ByteTag tag, const std::uint8_t* table, ByteVector index) {
  return hn::TableLookupBytes(hn::LoadDup128(tag, table), index);
}

/// Bytes of the vector at `at` that are wrong, given the three bytes before it.
HWY_INLINE ByteVector errors_at(ByteTag tag, const char* at, ByteVector here) {
  const auto low_nibble = hn::Set(tag, 0x0F);
  const auto before = load(tag, at - 1);
  const auto pair = hn::And(hn::And(look_up(tag, first_high, hn::ShiftRight<4>(before)),
                                    look_up(tag, first_low, hn::And(before, low_nibble))),
                            look_up(tag, second_high, hn::ShiftRight<4>(here)));
  const auto third = hn::SaturatedSub(load(tag, at - 2), hn::Set(tag, 0xE0 - 0x80));
  const auto fourth = hn::SaturatedSub(load(tag, at - 3), hn::Set(tag, 0xF0 - 0x80));
  const auto must_continue = hn::And(hn::Or(third, fourth), hn::Set(tag, 0x80));
  return hn::Xor(must_continue, pair);
}

bool valid_utf8(std::string_view text) {
  const ByteTag tag;
  const std::size_t lanes = hn::Lanes(tag);
  const std::size_t size = text.size();
  const char* const data = text.data();
  // Highway's fallback for processors without a set that it knows has one lane, which no table
  // fits.
  if (lanes < sizeof first_high || size < lanes + 3) return scalar::is_valid_utf8(text);
  const auto high_bit = hn::Set(tag, 0x80);
  const auto is_lead = [data](std::size_t at, unsigned char least) {
    return static_cast<unsigned char>(data[at]) >= least;
  };
  // The three bytes before the first vector belong to whole characters: they are checked one by
  // one.
  std::size_t at = 3;
  while (at < size && (static_cast<unsigned char>(data[at]) & 0xC0) == 0x80 && at < 7) ++at;
  if (!scalar::is_valid_utf8(text.substr(0, at))) return false;
  auto errors = hn::Zero(tag);
  for (; at + lanes <= size; at += lanes) {
    const auto here = load(tag, data + at);
    if (!any_set(tag, hn::And(here, high_bit))) {
      if (is_lead(at - 1, 0xC0) || is_lead(at - 2, 0xE0) || is_lead(at - 3, 0xF0)) return false;
      continue;
    }
    errors = hn::Or(errors, errors_at(tag, data + at, here));
  }
  if (any_set(tag, errors)) return false;
  // A character that began in the last vector goes on in the rest.
  std::size_t rest = at;
  for (std::size_t back = 1; back <= 3 && back <= at; ++back) {
    const auto byte = static_cast<unsigned char>(data[at - back]);
    if (byte < 0x80) break;
    if (byte >= 0xC0) {
      rest = at - back;
      break;
    }
  }
  return scalar::is_valid_utf8(text.substr(rest));
}

std::string_view this_target() { return hwy::TargetName(HWY_TARGET); }

}  // namespace HWY_NAMESPACE
}  // namespace rapidmarc::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rapidmarc::simd {

HWY_EXPORT(text_facts);
HWY_EXPORT(valid_utf8);
HWY_EXPORT(this_target);

TextFacts scan_text(std::string_view text, Controls controls) noexcept {
  return HWY_DYNAMIC_DISPATCH(text_facts)(text, controls);
}
bool is_valid_utf8(std::string_view text) noexcept {
  return HWY_DYNAMIC_DISPATCH(valid_utf8)(text);
}
std::string_view target_name() noexcept { return HWY_DYNAMIC_DISPATCH(this_target)(); }

}  // namespace rapidmarc::simd
#endif
