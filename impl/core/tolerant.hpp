// The tolerant road of decoding: reads odd records and records in MARC-8 as pymarc does, and writes
// an image of their text that the rest of the reader can treat like a well-formed record: two
// indicators, ASCII subfield codes, UTF-8.
#pragma once

#include <string_view>

#include "core/decode.hpp"

namespace rapidmarc {

/// Appends the fields of `record` to `tables` (entries, images, notes) and sets `out.image`. False
/// when the record has to be handed over; then the tables hold rests that the caller drops, and
/// `fault` says what is wrong, if anything is.
bool read_tolerantly(std::string_view record, const DecodeOptions& options, Tables& tables,
                     DecodedRecord& out, Fault& fault);

}  // namespace rapidmarc
