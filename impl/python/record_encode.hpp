// A record's bytes: the ones it came from if nobody touched it, else encoded anew.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <string_view>

#include "core/encode.hpp"
#include "core/marc8.hpp"
#include "python/record.hpp"

namespace rapidmarc::python {

struct EncodeOptions {
  Oversize oversize = Oversize::error;
  /// In MARC-8, the record itself unchanged; else in the way of pymarc's `as_marc`, which marks the
  /// record as UTF-8.
  bool marc8 = false;
  Marc8Unmappable unmappable = Marc8Unmappable::error;
};

/// Throws ValueError for an unknown name.
Oversize oversize_of(std::string_view name);

/// An encoder to work with for a while, whose memory is used again and again.
class EncoderLease {
 public:
  /// The calling thread's.
  EncoderLease();
  /// The one in `spare`, which a lock protects that is held at the beginning and at the end.
  explicit EncoderLease(std::unique_ptr<RecordEncoder>& spare);
  EncoderLease(const EncoderLease&) = delete;
  EncoderLease& operator=(const EncoderLease&) = delete;
  ~EncoderLease();

  RecordEncoder& operator*() const noexcept { return *encoder_; }

 private:
  std::unique_ptr<RecordEncoder>& spare_;
  std::unique_ptr<RecordEncoder> encoder_;
};

/// The bytes of the record: in `encoder`, or those of the record itself, valid until it changes or
/// the lock is let go. ValueError names field and record when the format cannot say something.
std::string_view encode(RecordObject* self, const EncodeOptions& options, RecordEncoder& encoder);

}  // namespace rapidmarc::python
