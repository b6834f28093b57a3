// The nine digits of a directory entry, and whole directories: every road gives what an entry says
// when it is read by itself.
#include "core/directory.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/records.hpp"
#include "core/roads.hpp"

using namespace rapidmarc;

namespace {

/// A leader, which is not looked at, and `count` entries with numbers of every size.
std::string directory_of(std::size_t count) {
  std::string record(leader_length, '#');
  for (std::size_t i = 0; i < count; ++i) {
    record += test::line(test::digits(i * 37 % 1'000, 3), i * 4'409 % 10'000, i * 70'001 % 100'000);
  }
  return record;
}

bool same(const Entry& one, const Entry& other) {
  return one.tag_text() == other.tag_text() && one.control == other.control &&
         one.offset == other.offset && one.length == other.length;
}

using Reader = bool (*)(std::string_view, std::uint32_t, std::span<Entry>) noexcept;

/// Compares with each entry by itself, and looks whether what lies behind the table stays.
void check_entries(Reader read, std::size_t count) {
  const std::string record = directory_of(count);
  const auto base = static_cast<std::uint32_t>(record.size() + 1);
  const Entry untouched{{'?', '?', '?'}, true, 12'345, 67'890};
  std::vector<Entry> entries(count + 2, untouched);
  REQUIRE(read(record, base, std::span(entries).first(count)));
  for (std::size_t i = 0; i < count; ++i) {
    const char* const at = record.data() + leader_length + i * directory_entry_length;
    EntryNumbers numbers{};
    REQUIRE(read_entry_numbers(at, numbers));
    const Entry expected{
        {at[0], at[1], at[2]}, false, base + numbers.starting_position, numbers.field_length - 1};
    if (!same(entries[i], expected)) FAIL_CHECK("entry " << i << " of " << count);
  }
  CHECK(same(entries[count], untouched));
  CHECK(same(entries[count + 1], untouched));
}

/// Whether a directory is read in which one byte is changed, for every place and every byte.
void check_digits(Reader read, std::size_t count) {
  std::string record = directory_of(count);
  std::vector<Entry> entries(count);
  for (std::size_t place = 0; place < record.size(); ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      const char before = std::exchange(record[place], static_cast<char>(byte));
      const bool expected = place < leader_length || is_digit(static_cast<char>(byte));
      if (read(record, 100, entries) != expected)
        FAIL_CHECK("byte " << byte << " at " << place << " of " << record.size());
      record[place] = before;
    }
  }
}

}  // namespace

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

TEST_CASE("A directory of any size is read as its entries are one by one") {
  for (std::size_t count = 1; count <= 100; ++count) {
    check_entries(scalar::read_entries, count);
    test::on_every_road([count] { check_entries(read_entries, count); });
  }
}

TEST_CASE("A directory with any byte but digits, in tags as well, is not read as a whole") {
  for (const std::size_t count : {1U, 2U, 3U, 5U, 8U, 21U}) {
    check_digits(scalar::read_entries, count);
    test::on_every_road([count] { check_digits(read_entries, count); });
  }
}
