# Writes what went into a wheel beside the interpreter's own: an SBOM (CycloneDX 1.6, JSON) that is
# installed where PEP 770 wants it, `*.dist-info/sboms/`. Each wheel describes itself, because its
# own build says which versions it took.
#
# Not here: libraries that are copied into a wheel after the build; who copies them adds to it.

# rapidmarc_component(NAME VERSION LICENSE SUPPLIER HOW) appends to `components` of the caller.
function(rapidmarc_component name version license supplier how)
  set(purl "pkg:generic/${name}")
  set(version_line "")
  if(version)
    string(APPEND purl "@${version}")
    set(version_line "\n      \"version\": \"${version}\",")
  endif()
  string(CONCAT component
    "    {\n"
    "      \"type\": \"library\",\n"
    "      \"bom-ref\": \"${purl}\",\n"
    "      \"supplier\": { \"name\": \"${supplier}\" },\n"
    "      \"name\": \"${name}\",${version_line}\n"
    "      \"licenses\": [ { \"license\": { \"id\": \"${license}\" } } ],\n"
    "      \"purl\": \"${purl}\",\n"
    "      \"properties\": [ { \"name\": \"rapidmarc:inclusion\", \"value\": \"${how}\" } ]\n"
    "    }")
  list(APPEND components "${component}")
  list(APPEND references "        \"${purl}\"")
  set(components "${components}" PARENT_SCOPE)
  set(references "${references}" PARENT_SCOPE)
endfunction()

# The version that a header states by macros, joined by dots; empty where they are not there.
function(rapidmarc_header_version output header)
  set(parts "")
  if(EXISTS "${header}")
    foreach(macro IN LISTS ARGN)
      file(STRINGS "${header}" line REGEX "^#define ${macro} [0-9]+")
      if(line MATCHES "([0-9]+)$")
        list(APPEND parts "${CMAKE_MATCH_1}")
      endif()
    endforeach()
  endif()
  list(JOIN parts "." version)
  set(${output} "${version}" PARENT_SCOPE)
endfunction()

function(rapidmarc_install_sbom)
  set(components "")
  set(references "")
  rapidmarc_component(oneTBB "${TBB_VERSION}" Apache-2.0 "oneTBB contributors" "shared library")
  rapidmarc_component(pybind11 "${pybind11_VERSION}" BSD-3-Clause "pybind11 contributors" headers)
  if(RAPIDMARC_SIMD AND HIGHWAY_INCLUDE_DIR AND HIGHWAY_LIBRARY)
    set(header "${HIGHWAY_INCLUDE_DIR}/hwy/highway.h")
    if(EXISTS "${HIGHWAY_INCLUDE_DIR}/hwy/base.h")
      file(STRINGS "${HIGHWAY_INCLUDE_DIR}/hwy/base.h" stated REGEX "^#define HWY_MAJOR ")
      if(stated)
        set(header "${HIGHWAY_INCLUDE_DIR}/hwy/base.h") # where newer ones state it
      endif()
    endif()
    rapidmarc_header_version(version "${header}" HWY_MAJOR HWY_MINOR HWY_PATCH)
    rapidmarc_component(highway "${version}" Apache-2.0 "Highway contributors" "headers")
  endif()
  if(RE2_INCLUDE_DIR AND RE2_LIBRARY)
    # RE2's files state no version; the copied library is named by whoever copies it.
    set(how "shared library")
    if(RE2_LIBRARY MATCHES "\\.a$")
      set(how "static library")
    endif()
    rapidmarc_component(re2 "" BSD-3-Clause "RE2 contributors" "${how}")
  endif()
  list(JOIN components ",\n" RAPIDMARC_COMPONENTS)
  list(JOIN references ",\n" RAPIDMARC_REFERENCES)
  set(RAPIDMARC_COMPILER "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
  configure_file(cmake/sbom.cdx.json.in rapidmarc.cdx.json @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/rapidmarc.cdx.json DESTINATION "${SKBUILD_METADATA_DIR}/sboms")
endfunction()
