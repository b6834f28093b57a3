// UTF-8: validation as strict as Python's codec (no surrogates, no overlong forms, nothing above
// U+10FFFF), and what the text of a record holds besides letters. One pass answers all the
// questions that decoding asks about a record's text.
//
// Two implementations give the same answers: a SIMD one through Highway, chosen at run time by what
// the processor can do, and a portable one. `text_scan_road` tells which is in use.
#pragma once

#include <string_view>

namespace rapidmarc {

/// Facts on the bytes of a record behind its directory.
struct TextFacts {
  bool ascii = true;  // no byte above 7F
  bool plain = true;  // no control character but the three delimiters and terminators, no 7F
  bool empty_subfield = false;  // 1F right before 1F or 1E
  bool odd_code = false;        // 1F right before a byte above 7F
};

/// Whether `scan_text` is to find out `plain`, which otherwise stays true.
enum class Controls : bool { ignored, looked_for };

TextFacts scan_text(std::string_view text, Controls controls = Controls::looked_for) noexcept;

bool is_valid_utf8(std::string_view text) noexcept;

/// Name of the instruction set that `scan_text` and `is_valid_utf8` use on this processor, such as
/// "AVX2", or "scalar".
std::string_view text_scan_road() noexcept;

}  // namespace rapidmarc
