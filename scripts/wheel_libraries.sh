#!/bin/sh
# Builds the libraries that a wheel brings along, into /usr/local: oneTBB (shared, so that a process
# has one), Highway and RE2 (static). For cibuildwheel's images and macOS, where the packaged
# ones are too old or absent; on Debian the packages do, and this is not needed.
#
# Needs git, CMake and a compiler, and the network. The versions here are those of released wheels.
set -eu

onetbb=v2021.13.0
highway=1.2.0
re2=2023-03-01 # the last that needs no Abseil

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sudo=
[ -w /usr/local ] || sudo=sudo

# build REPOSITORY TAG OPTION...
build() {
    repository=$1 tag=$2
    shift 2
    source=$work/$(basename "$repository")
    git -c advice.detachedHead=false clone --quiet --depth 1 --branch "$tag" \
        "https://github.com/$repository" "$source"
    cmake -S "$source" -B "$source/build" -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_INSTALL_PREFIX=/usr/local -DCMAKE_POSITION_INDEPENDENT_CODE=ON "$@"
    cmake --build "$source/build" --parallel 4
    $sudo cmake --install "$source/build"
}

command -v cmake >/dev/null || pip install cmake
build uxlfoundation/oneTBB "$onetbb" -DTBB_TEST=OFF -DTBB_STRICT=OFF -DTBBMALLOC_BUILD=OFF
build google/highway "$highway" -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF \
    -DHWY_ENABLE_TESTS=OFF -DHWY_ENABLE_EXAMPLES=OFF -DHWY_ENABLE_CONTRIB=OFF
build google/re2 "$re2" -DBUILD_SHARED_LIBS=OFF -DRE2_BUILD_TESTING=OFF
