# Finds oneTBB (the system's, or PyPI's tbb-devel in the build environment of a wheel) and, for a
# wheel, ships the shared library where the system will not have it.
#
# Not here: the instrumented oneTBB of the sanitizer runs. It has the same headers and the same
# soname, so nothing is linked differently; it is chosen when the tests are run.

find_package(TBB 2021.8 CONFIG COMPONENTS tbb)
if(NOT TBB_FOUND)
  message(FATAL_ERROR "oneTBB 2021.8 or newer was not found.\n"
    "  Debian, Ubuntu:  apt-get install libtbb-dev\n"
    "  Fedora:          dnf install tbb-devel\n"
    "  from PyPI:       RAPIDMARC_ONETBB=pypi pip install .")
endif()

# Installs libtbb into `destination`, where `target` is installed too, unless it is the system's, and
# lets `target` find it there.
function(rapidmarc_ship_onetbb target destination)
  # On macOS its name is another, and delocate copies it when the wheel is repaired.
  if(TBB_DIR MATCHES "^/usr/" OR APPLE)
    return()
  endif()
  # Renamed because CMake may know the file by its full version; the loader asks for the soname.
  install(FILES "$<TARGET_FILE:TBB::tbb>" DESTINATION "${destination}" RENAME libtbb.so.12)
  set_property(TARGET ${target} APPEND PROPERTY INSTALL_RPATH "$ORIGIN")
  message(STATUS "oneTBB ${TBB_VERSION} of ${TBB_DIR} goes into the wheel")
endfunction()
