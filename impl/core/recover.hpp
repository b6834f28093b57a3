// Framing that goes on behind damage: cuts bytes into records, pieces that are none, and padding,
// so that every byte belongs to exactly one piece.
//
// Where a piece ends depends on the bytes from its first one on and on nothing else: not on what
// was read so far, nor on how the input is cut into blocks. So every way of reading gives the same
// pieces. All of it takes time linear in the number of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/frame.hpp"

namespace rapidmarc {

/// A piece of the input that is no whole record; the others are.
struct Damage {
  std::uint32_t number = 0;   // of its span
  Error error = Error::none;  // what keeps it from being a record; Error::padding: it is padding
};

/// The most bytes in one piece that is no record. What is longer comes in several pieces.
inline constexpr std::size_t longest_damage = 4U << 20U;
/// The most bytes in one piece of padding, but for what a mark of three bytes adds.
inline constexpr std::size_t longest_padding = 4096;

/// How a leader's numbers are laid out: a careless writer lets them grow by a digit, which moves
/// all that follows.
struct LeaderShape {
  std::size_t length_digits = 5;
  std::size_t base_digits = 5;

  std::size_t size() const noexcept { return 14 + length_digits + base_digits; }
};

/// The shape of the leader that `bytes` plausibly begin with, if they do. Of four signs (length and
/// base address are digits, the counts are "22", the entry map begins with "45") three are enough;
/// all four where a number has grown.
std::optional<LeaderShape> plausible_leader(std::string_view bytes) noexcept;

/// Bytes at the start of `bytes` that people and programs leave between records: line ends, blanks,
/// NUL, 0x1A, byte order marks, record terminators. None where a leader plausibly begins. Looks no
/// further than `longest_padding`.
std::size_t padding_length(std::string_view bytes) noexcept;

/// Cuts `bytes` as `frame_records` does, but never stops at a fault: what is no record ends right
/// behind the next record terminator that a plausible leader, or the end, follows, or where a
/// faultless leader begins. Every piece gets a span; `damages` says which ones are no records.
FrameResult frame_with_recovery(std::string_view bytes, bool last, std::size_t limit,
                                std::size_t most, std::vector<RecordSpan>& spans,
                                std::vector<Damage>& damages);

}  // namespace rapidmarc
