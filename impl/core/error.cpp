#include "core/error.hpp"

namespace rapidmarc {

std::string_view describe(Error error) noexcept {
  switch (error) {
    case Error::none: return "no fault";
    case Error::length_not_a_number: return "the record length in leader 00-04 is not a number";
    case Error::record_truncated: return "the data ends before the record length in leader 00-04";
    case Error::terminator_missing:
      return "the record length does not lead to a record terminator (1D)";
    case Error::length_too_small:
      return "the record length in leader 00-04 is less than its own five digits";
    case Error::length_beyond_next: return "the record length takes in the record behind it";
    case Error::padding: return "bytes between records that belong to none";
    case Error::leader_not_ascii: return "the leader holds bytes that are not ASCII";
    case Error::leader_short: return "the leader is shorter than 24 characters";
    case Error::base_address_not_a_number:
      return "the base address in leader 12-16 is not a number";
    case Error::base_address_missing: return "the base address in leader 12-16 is zero or negative";
    case Error::base_address_beyond_end:
      return "the base address lies beyond the end of the record";
    case Error::length_beyond_end: return "the record length in leader 00-04 is more than there is";
    case Error::directory_not_ascii: return "the directory holds bytes that are not ASCII";
    case Error::directory_ragged: return "the length of the directory is not a multiple of 12";
    case Error::directory_empty: return "the directory holds no entry";
    case Error::entry_not_a_number: return "field length or starting position is not a number";
    case Error::indicators_not_ascii: return "the indicators are not ASCII";
    case Error::text_not_utf8: return "text is not valid UTF-8";
    case Error::text_not_marc8: return "text ends inside a MARC-8 escape sequence";
    case Error::field_misplaced:
      return "the field does not lie where the directory says; its terminator told its place";
    case Error::field_not_found: return "no whole field lies where the directory says; it is lost";
    case Error::field_unlisted: return "no directory entry leads to the field here; it is left out";
    case Error::field_cut: return "bytes behind the last field terminator are left out";
  }
  return "unknown fault";
}

std::string describe(const Fault& fault) {
  std::string text;
  if (fault.tag[0] != '\0') {
    text =
        "directory entry " + std::to_string(fault.entry + 1) + " (tag " + fault.tag.data() + "): ";
  }
  text += describe(fault.error);
  return text;
}

}  // namespace rapidmarc
