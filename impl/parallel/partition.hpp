// Places at which records begin, found without reading what lies between them: where an input can
// be cut so that its parts are read apart, on other threads, processes or machines.
//
// A record terminator followed by a leader proves nothing: a field may hold whole records. What
// proves a place is this. No record is longer than 99,999 bytes, so a sound input has a record that
// starts in any 99,999 bytes. All places where one might (behind a record terminator, with a length
// that leads to another one) are followed from record to record together. The true ones are among
// them, so a place that all those chains come to which do not break off is one where a record
// begins, whatever the bytes in between pretend. Where the chains do not meet, or all break off,
// the records are counted off from the last place that is known.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "io/source.hpp"

namespace rapidmarc {

/// How boundaries were found, for tests and for the curious.
struct PartitionCounts {
  std::uint64_t proven = 0;   // from the bytes around them
  std::uint64_t counted = 0;  // by framing from the one before
};

struct Boundaries {
  std::vector<std::uint64_t> offsets;  // one for each target, each at or behind its own
  PartitionCounts counts;
};

/// The first byte of the first record at or behind each of `targets`, which ascend; the source's
/// size where there is none. If the source is damaged, pieces that are no records count as well,
/// cut as recovery cuts them (core/recover.hpp). Throws ReadError, std::bad_alloc.
Boundaries find_boundaries(const Source& source, std::span<const std::uint64_t> targets);

/// The part of it for one target, which reads no more than a few megabytes: a place that is proven,
/// or nothing. `size` is the source's.
std::optional<std::uint64_t> prove_boundary(const Source& source, std::uint64_t size,
                                            std::uint64_t target);

}  // namespace rapidmarc
