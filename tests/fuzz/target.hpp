// What every target needs: a difference ends the process, and the first bytes of an input choose
// among options.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace rapidmarc::fuzz {

/// Ends the process, which libFuzzer takes for a crash, unless `holds`.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "DIFFERENCE: %s\n", what);
  std::abort();
}

/// The value of `found`, which must be there.
template <typename Optional>
const auto& required(const Optional& found, const char* what) {
  if (!found) {
    require(false, what);
    std::abort();
  }
  return *found;
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : text_(reinterpret_cast<const char*>(data), size) {}

  /// The next byte, 0 when there is none.
  unsigned byte() {
    if (text_.empty()) return 0;
    const auto first = static_cast<unsigned char>(text_.front());
    text_.remove_prefix(1);
    return first;
  }

  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace rapidmarc::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
