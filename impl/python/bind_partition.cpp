#include "python/bind_partition.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "io/source.hpp"
#include "parallel/partition.hpp"
#include "python/buffer_view.hpp"
#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/stream.hpp"
#include "python/text.hpp"

namespace rapidmarc::python {
namespace {

namespace py = pybind11;

/// A Python file object that can be set to any place. Every call needs the interpreter's lock.
class HandleSource final : public Source {
 public:
  HandleSource(py::object handle, std::uint64_t size) : handle_(std::move(handle)), size_(size) {}

  std::string_view extend(std::string_view held, std::uint64_t offset, std::size_t size,
                          Block& block) const override {
    std::size_t done = held.size();
    const std::span<char> space = block.reserve(size, done);
    if (done < size) handle_.attr("seek")(offset + done);
    while (done < size) {
      const StreamBytes got =
          read_from_stream(handle_, "read", static_cast<Py_ssize_t>(size - done));
      if (got.view.empty()) break;
      const std::string_view taken = got.view.substr(0, size - done);
      std::copy(taken.begin(), taken.end(), space.begin() + static_cast<std::ptrdiff_t>(done));
      done += taken.size();
    }
    return {space.data(), done};
  }
  std::uint64_t size() const override { return size_; }

 private:
  py::object handle_;
  std::uint64_t size_;
};

/// (offsets, proven, counted) for the file, buffer or seekable file object `source` of `size`
/// bytes.
py::tuple find_in(const std::string& way, const py::object& source, std::uint64_t size,
                  const std::vector<std::uint64_t>& targets) {
  stay_if_closing();
  const auto without_lock = [&targets](const Source& bytes) {
    const GilRelease released;
    return find_boundaries(bytes, targets);
  };
  Boundaries found;
  try {
    if (way == "native") {
      found = without_lock(FileSource(source.attr("fileno")().cast<int>()));
    } else if (way == "memory") {
      const BufferView view(source);
      found = without_lock(MemorySource(view.bytes()));
    } else {
      found = find_boundaries(HandleSource(source, size), targets);
    }
  } catch (const std::system_error& error) {
    throw_file_error(error.code().value(), py::none());
  }
  return py::make_tuple(py::cast(found.offsets), found.counts.proven, found.counts.counted);
}

}  // namespace

void bind_partition(py::module_& module) {
  module.def("_find_boundaries", &find_in, py::arg("way"), py::arg("source"), py::arg("size"),
             py::arg("targets"));
}

}  // namespace rapidmarc::python
