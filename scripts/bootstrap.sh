#!/usr/bin/env bash
# Brings a machine to the point where everything here can be built, tested and measured: Debian
# packages, and the Python packages of requirements.txt in build/venv. Installs only what is
# missing; when nothing is, it takes a moment and fetches nothing.
#
# As root on Debian the packages are installed. Anyone else is told what is missing and the line
# that installs it; a missing build tool ends the run, a missing measuring tool does not.
#
# `scripts/bootstrap.sh tools` brings in what documentation and packages are made with, too.
#
# Not here: building (CMake does that).
set -euo pipefail
cd "$(dirname "$0")/.."

venv=build/venv
python=${PYTHON:-python3}
# The Makefile puts the environment first on the path; it must not be taken for its own maker.
PATH=${PATH#"$PWD/$venv/bin:"}
stamps=build/.stamps
mkdir -p "$stamps"

say() { printf 'bootstrap: %s\n' "$*"; }

# ---------------------------------------------------------------------------------------------
# System packages: need | Debian package | how to tell that it is there | what it is for.
# A need is `build` (nothing works without it) or `part` (that part is reported as missing).
needs() {
    cat <<'TABLE'
build|g++|command -v g++|the compiler
build|python3-venv|"$python" -c 'import ensurepip, venv'|the environment in build/venv
build|python3-dev|has_python_header|the Python extension
build|libtbb-dev|has_header tbb/version.h|threads: oneTBB
part|libhwy-dev|has_header hwy/highway.h|vector instructions: Highway
part|libre2-dev|has_header re2/re2.h|regular expressions: RE2
build|catch2|has_header catch2/catch.hpp|C++ tests
build|libexpat1-dev|has_header expat.h|the judge of the MARCXML scanner
build|libbenchmark-dev|has_header benchmark/benchmark.h|C++ benchmarks
build|pkg-config|command -v pkg-config|finding the libraries
part|valgrind|command -v valgrind|counts of instructions
part|hyperfine|command -v hyperfine|whole-process comparisons
part|yaz|command -v yaz-marcdump|the peer yaz-marcdump
part|libmarc-record-perl|perl -MMARC::Batch -e 1|the peer MARC::Batch
part|clang-19|command -v clang++-19|sanitizer builds
part|libclang-rt-19-dev|has_tsan_runtime|the sanitizers' runtime
part|llvm-19|command -v llvm-symbolizer-19|readable sanitizer reports
part|dpkg-dev|command -v dpkg-source|the source of oneTBB, for its sanitizer build
part|clang-tidy-19|command -v clang-tidy-19|lint
part|clang-format-19|command -v clang-format-19|lint
TABLE
}

has_header() { echo "#include <$1>" | g++ -std=c++20 -E -x c++ - ; }
has_python_header() {
    local folder
    folder=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))') &&
        [ -f "$folder/Python.h" ]
}
has_tsan_runtime() {
    local runtime
    runtime=$(clang++-19 -print-file-name="libclang_rt.tsan-$(uname -m).so") && [ -f "$runtime" ]
}
there() { eval "$1" >/dev/null 2>&1; }

# Sets `missing` (packages) and `missing_build` (those without which nothing works).
look() {
    missing=() missing_build=()
    local need package probe purpose
    while IFS='|' read -r need package probe purpose; do
        there "$probe" && continue
        missing+=("$package")
        [ "$need" = build ] && missing_build+=("$package")
        say "missing: $package ($purpose)"
    done < <(needs)
}

if ! command -v "$python" >/dev/null; then
    say "missing: $python; on Debian: apt-get install -y python3"
    exit 1
fi
look
if [ ${#missing[@]} -gt 0 ]; then
    line="apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ -f /etc/debian_version ]; then
        say "$line"
        export DEBIAN_FRONTEND=noninteractive
        log=$stamps/apt.log
        # The update may complain about a source that has nothing to do with us.
        apt-get -q update </dev/null >"$log" 2>&1 || true
        if ! eval "$line" </dev/null >>"$log" 2>&1; then
            # One package that cannot be had must not keep the others away.
            for package in "${missing[@]}"; do
                apt-get install -y -q --no-install-recommends "$package" </dev/null >>"$log" 2>&1 ||
                    say "could not install $package (see $log)"
            done
        fi
        look
    fi
    if [ ${#missing[@]} -gt 0 ]; then
        say "to install what is missing (Debian 12):"
        say "    sudo apt-get install -y --no-install-recommends ${missing[*]}"
    fi
    if [ ${#missing_build[@]} -gt 0 ]; then
        say "cannot build without: ${missing_build[*]}"
        exit 1
    fi
fi

# ---------------------------------------------------------------------------------------------
# Python packages. The stamp holds what they were installed from; while that is the same, pip is
# not even started. A changed interpreter makes a new environment.
version=$("$python" -c 'import platform; print(platform.python_version())')
if [ -e "$venv" ] && ! { grep -qx "version = $version" "$venv/pyvenv.cfg" && "$venv/bin/python" -c ''; } 2>/dev/null; then
    say "making $venv again for Python $version"
    rm -rf "$venv" "$stamps/venv"
fi
peers() { sed '1,/^# peers$/d; /^# tools/,$d; s/#.*//; /^ *$/d' requirements.txt; }
tools() { sed '1,/^# tools/d; s/#.*//; /^ *$/d' requirements.txt; }
wanted=$({ echo "$version"; pwd -P; cat requirements.txt; } | sha256sum)
if [ ! -x "$venv/bin/python" ] || [ "$(cat "$stamps/venv" 2>/dev/null)" != "$wanted" ]; then
    [ -x "$venv/bin/pip" ] || { say "making $venv"; "$python" -m venv "$venv"; }
    say "installing the packages of requirements.txt (log in $stamps/pip.log)"
    pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input)
    sed '/^# peers$/,$d' requirements.txt >"$stamps/required.txt"
    if ! "${pip[@]}" -r "$stamps/required.txt" </dev/null >"$stamps/pip.log" 2>&1; then
        tail -n 15 "$stamps/pip.log"
        say "to try again: $venv/bin/python -m pip install -r requirements.txt"
        exit 1
    fi
    while read -r peer; do
        "${pip[@]}" --no-deps "$peer" </dev/null >>"$stamps/pip.log" 2>&1 || true
    done < <(peers)
    # The environment imports the package from where the release build leaves it.
    site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    echo "$(pwd -P)/build/release/python" >"$site/rapidmarc-release.pth"
    echo "$wanted" >"$stamps/venv"
fi
# Peers are no condition for anything: one that is not there is named, and not fetched again.
while read -r peer; do
    folder=${peer%%==*}
    compgen -G "$venv/lib/python3*/site-packages/${folder//-/_}-*.dist-info" >/dev/null ||
        say "missing: $peer; to install it: $venv/bin/python -m pip install $peer"
done < <(peers)

# The tools, for the verbs that ask for them.
if [ "${1:-}" = tools ] && [ "$(cat "$stamps/tools" 2>/dev/null)" != "$wanted" ]; then
    say "installing the tools of requirements.txt (log in $stamps/tools.log)"
    tools >"$stamps/tools.txt"
    if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        -r "$stamps/tools.txt" </dev/null >"$stamps/tools.log" 2>&1; then
        tail -n 15 "$stamps/tools.log"
        exit 1
    fi
    echo "$wanted" >"$stamps/tools"
fi
