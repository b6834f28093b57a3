// Framing, decoding and encoding, rule by rule in the order in which the rules apply. The twin of
// reader.py and decode.py, which are judged by pymarc; nothing of core's code is used, only its
// names for errors and notes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/decode.hpp"
#include "core/encode.hpp"
#include "core/frame.hpp"
#include "core/records.hpp"

namespace rapidmarc::reference {

/// What Python's `int` makes of ASCII text.
std::optional<std::int64_t> python_int(std::string_view text);

FrameResult frame(std::string_view bytes, bool last, std::size_t limit, std::size_t most,
                  std::vector<RecordSpan>& spans);

/// The place that `find_record_start` must give.
std::optional<std::size_t> record_start(std::string_view bytes, std::size_t from);

/// A record as its reader sees it.
struct Reading {
  Fault fault;                  // the first; what follows is what was read before it
  bool left_to_python = false;  // a code above ASCII, or another character set
  std::vector<test::FieldParts> fields;
  std::vector<Note> notes;
};

Reading decode(std::string_view record, const DecodeOptions& options);

std::string encode(std::string_view leader_05_11, std::string_view leader_17_23,
                   const std::vector<test::EncodedField>& fields, std::string_view data,
                   Oversize oversize);

}  // namespace rapidmarc::reference
