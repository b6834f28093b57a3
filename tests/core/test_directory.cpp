// The nine digits of a directory entry.
#include "core/directory.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

#include "core/records.hpp"

using namespace rapidmarc;

TEST_CASE("Field length and starting position are read, whatever the tag") {
  for (const char* tag : {"245", "   ", "\xFF\xFF\xFF"}) {
    EntryNumbers numbers{};
    CHECK(read_entry_numbers(test::line(tag, 714, 8'192).c_str(), numbers));
    CHECK(numbers.field_length == 714);
    CHECK(numbers.starting_position == 8'192);
  }
}

TEST_CASE("Every field length and every starting position can be read") {
  std::size_t wrong = 0;
  for (std::uint32_t value = 0; value <= 99'999; ++value) {
    const std::uint32_t length = (value * 7) % 10'000;
    EntryNumbers numbers{};
    if (!read_entry_numbers(test::line("100", length, value).c_str(), numbers) ||
        numbers.field_length != length || numbers.starting_position != value) {
      ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("Any byte but a digit, at any of the nine places, is refused") {
  for (std::size_t place = 3; place < directory_entry_length; ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string entry = test::line("245", 1'234, 56'789);
      entry[place] = static_cast<char>(byte);
      EntryNumbers numbers{};
      INFO("byte " << byte << " at " << place);
      CHECK(read_entry_numbers(entry.c_str(), numbers) == is_digit(static_cast<char>(byte)));
    }
  }
}
