// A small generated corpus for the C++ stress program, and the serial answer that every scenario
// must agree with. `corpus.py` makes the like for Python. Test-only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/decode.hpp"
#include "core/frame.hpp"

namespace rapidmarc::sanitizer {

// What decoding told about one record, and a sum over every byte that its entries point to.
struct Fact {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  std::uint32_t entries = 0;
  Road road = Road::hand_over;
  std::uint64_t sum = 0;

  friend bool operator==(const Fact&, const Fact&) = default;
};

// Looks at all that a consumer of the record would look at: its bytes, its entries, its image.
inline Fact fact_of(std::string_view bytes, std::uint64_t offset, const DecodedRecord& record,
                    const Tables& tables) {
  Fact fact{offset + record.span.offset, record.span.length, record.entry_count, record.road, 0};
  const auto add = [&fact](std::string_view text) {
    for (const char byte : text) fact.sum = fact.sum * 31 + static_cast<unsigned char>(byte);
  };
  add(bytes.substr(record.span.offset, record.span.length));
  for (std::uint32_t entry = 0; entry < record.entry_count; ++entry) {
    const Entry& place = tables.entries[record.first_entry + entry];
    add(place.tag_text());
    fact.sum = fact.sum * 31 + place.offset * 7 + place.length;
    if (record.road == Road::image) {
      add(std::string_view(tables.images).substr(record.image + place.offset, place.length));
    }
  }
  return fact;
}

inline std::string encode_record(const std::vector<std::string>& fields, char coding, bool broken) {
  std::string directory;
  std::string content;
  char number[16];
  for (const std::string& field : fields) {  // tag, then data
    std::snprintf(number, sizeof number, "%04zu%05zu", field.size() - 3 + 1, content.size());
    directory += field.substr(0, 3) + number;
    content += field.substr(3) + '\x1e';
  }
  const std::size_t base = 24 + directory.size() + 1;
  char leader[32];
  std::snprintf(leader, sizeof leader, "%05zucam %c22%05zu a 4500", base + content.size() + 1,
                coding, broken ? std::size_t{0} : base);
  return leader + directory + '\x1e' + content + '\x1d';
}

// UTF-8, MARC-8, ASCII and undecodable records in turn. `misleading`: fields that contain what a
// search for the next record takes for its start.
inline std::string make_corpus(std::size_t size, bool misleading) {
  std::mt19937 chance(1);
  const auto below = [&chance](unsigned limit) { return static_cast<unsigned>(chance() % limit); };
  std::string corpus;
  for (unsigned number = 0; corpus.size() < size; ++number) {
    const unsigned kind = number % 3;
    const std::string accented = kind == 0   ? "\xc3\xa9"
                                 : kind == 1 ? "\xe2"
                                               "e"
                                             : "e";
    std::vector<std::string> fields{"001n" + std::to_string(number),
                                    "24510\x1f"
                                    "aCaf" +
                                        accented +
                                        "\x1f"
                                        "c" +
                                        accented + accented};
    for (unsigned more = below(25); more > 0; --more) {
      std::string text =
          "650 0\x1f"
          "a" +
          accented + std::string(below(120), 'x');
      if (misleading && below(2) == 0)
        text +=
            "\x1d"
            "00120cam a2200049 a 4500";
      fields.push_back(text);
    }
    corpus += encode_record(fields, kind == 0 ? 'a' : ' ', number % 50 == 49);
  }
  return corpus;
}

// The judge: one thread, one record after the other.
inline std::vector<Fact> read_serially(std::string_view corpus, const DecodeOptions& options) {
  std::vector<RecordSpan> spans;
  const auto all = std::numeric_limits<std::size_t>::max();
  if (frame_records(corpus, true, all, all, spans).stop != Stop::end) {
    throw std::runtime_error("the corpus cannot be framed");
  }
  std::vector<Fact> facts;
  Tables tables;
  for (const RecordSpan span : spans) {
    tables.clear();
    decode_record(corpus, span, options, tables);
    facts.push_back(fact_of(corpus, 0, tables.records.at(0), tables));
  }
  return facts;
}

}  // namespace rapidmarc::sanitizer
