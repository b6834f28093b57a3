#include "core/frame.hpp"

#include <cstring>

#include "core/format.hpp"

namespace rapidmarc {

std::optional<std::int64_t> record_length_at(const char* leader) noexcept {
  const std::string_view text{leader, length_field_length};
  if (const auto digits = parse_digits(text)) return static_cast<std::int64_t>(*digits);
  return parse_python_int(text);
}

FrameResult frame_records(std::string_view bytes, bool last, std::size_t limit, std::size_t most,
                          std::vector<RecordSpan>& spans) {
  FrameResult result;
  std::size_t at = 0;
  const auto stopped = [&](Stop stop, Error fault, std::size_t fault_length, std::size_t wanted) {
    result.stop = stop;
    result.fault = fault;
    result.consumed = static_cast<std::uint32_t>(at);
    result.fault_length = static_cast<std::uint32_t>(fault_length);
    result.wanted = static_cast<std::uint32_t>(wanted);
    return result;
  };
  for (std::size_t count = 0; at < limit && count < most; ++count) {
    const std::size_t left = bytes.size() - at;
    if (left < length_field_length) {
      if (!last) return stopped(Stop::need_more, Error::none, 0, length_field_length);
      if (left == 0) return stopped(Stop::end, Error::none, 0, 0);
      return stopped(Stop::fault, Error::record_truncated, left, 0);
    }
    const auto length = record_length_at(bytes.data() + at);
    if (!length) return stopped(Stop::fault, Error::length_not_a_number, length_field_length, 0);
    if (*length < static_cast<std::int64_t>(length_field_length)) {
      return stopped(Stop::rest_of_stream, Error::none, 0, 0);
    }
    const auto size = static_cast<std::size_t>(*length);
    if (size > left) {
      if (!last) return stopped(Stop::need_more, Error::none, 0, size);
      return stopped(Stop::fault, Error::record_truncated, left, 0);
    }
    if (bytes[at + size - 1] != record_terminator) {
      return stopped(Stop::fault, Error::terminator_missing, size, 0);
    }
    spans.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(size)});
    at += size;
  }
  return stopped(at == bytes.size() && last ? Stop::end : Stop::limit, Error::none, 0, 0);
}

std::optional<std::size_t> find_record_start(std::string_view bytes, std::size_t from) noexcept {
  std::size_t at = from;
  while (at < bytes.size()) {
    const void* found = std::memchr(bytes.data() + at, record_terminator, bytes.size() - at);
    if (found == nullptr) return std::nullopt;
    at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data()) + 1;
    const std::string_view length = bytes.substr(at, length_field_length);
    if (length.empty() || parse_digits(length)) return at;
  }
  return std::nullopt;
}

}  // namespace rapidmarc
