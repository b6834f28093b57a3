// Runs a target over files and folders given as arguments, once each: the seeds and the inputs that
// once failed are tests in builds without libFuzzer too.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/target.hpp"

namespace {

std::size_t replay(const std::filesystem::path& path) {
  std::size_t count = 0;
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::directory_iterator(path)) count += replay(entry);
    return count;
  }
  std::fprintf(stderr, "%s\n", path.c_str());  // names the culprit if the next line ends us
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  std::size_t replayed = 0;
  for (int i = 1; i < count; ++i) replayed += replay(arguments[i]);
  std::printf("%zu inputs\n", replayed);
  return replayed == 0 ? 1 : 0;  // a folder without inputs tests nothing
}
