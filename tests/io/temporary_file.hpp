// A file for the length of one test.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace rapidmarc::test {

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view bytes) : file_(std::tmpfile()) {
    if (!file_) throw std::runtime_error("no temporary file can be made");
    append(bytes);
  }

  int descriptor() const { return ::fileno(file_.get()); }

  void append(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size() ||
        std::fflush(file_.get()) != 0) {
      throw std::runtime_error("the temporary file cannot be written");
    }
  }

  void shrink_to(std::size_t size) {
    if (::ftruncate(descriptor(), static_cast<off_t>(size)) != 0) {
      throw std::runtime_error("the temporary file cannot be cut off");
    }
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace rapidmarc::test
