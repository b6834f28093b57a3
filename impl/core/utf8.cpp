#include "core/utf8.hpp"

#include "core/utf8_scalar.hpp"

#if defined(RAPIDMARC_HIGHWAY)
#include "core/utf8_simd.hpp"
#endif

namespace rapidmarc {

#if defined(RAPIDMARC_HIGHWAY)
TextFacts scan_text(std::string_view text, Controls controls) noexcept {
  return simd::scan_text(text, controls);
}
bool is_valid_utf8(std::string_view text) noexcept { return simd::is_valid_utf8(text); }
std::string_view text_scan_road() noexcept { return simd::target_name(); }
#else
TextFacts scan_text(std::string_view text, Controls controls) noexcept {
  return scalar::scan_text(text, controls);
}
bool is_valid_utf8(std::string_view text) noexcept { return scalar::is_valid_utf8(text); }
std::string_view text_scan_road() noexcept { return "scalar"; }
#endif

}  // namespace rapidmarc
