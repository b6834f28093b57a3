// Proves, from inside a C++ program, that it runs on the instrumented oneTBB. Test-only.
//
// With the packaged libtbb a green run would mean nothing, and it is loaded silently whenever
// LD_LIBRARY_PATH is lost on the way. The expected folder comes in RAPIDMARC_TSAN_TBB.
// `loaded_libraries.py` is the same check for Python; change both.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace rapidmarc::sanitizer {

inline void require_instrumented_tbb() {
  const char* folder = std::getenv("RAPIDMARC_TSAN_TBB");
  if (folder == nullptr) throw std::runtime_error("RAPIDMARC_TSAN_TBB is not set");
  const auto expected = std::filesystem::canonical(folder);
  std::ifstream maps("/proc/self/maps");
  bool found = false;
  for (std::string line; std::getline(maps, line);) {
    const auto start = line.find('/');
    if (start == std::string::npos) continue;
    const std::filesystem::path file = line.substr(start);
    if (file.filename().string().rfind("libtbb.so", 0) != 0) continue;
    if (file.parent_path() != expected) {
      throw std::runtime_error("not the instrumented oneTBB: " + file.string());
    }
    found = true;
  }
  if (!found) throw std::runtime_error("no libtbb is loaded");
}

}  // namespace rapidmarc::sanitizer
