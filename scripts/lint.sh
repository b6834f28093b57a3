#!/usr/bin/env bash
# Checks how the code looks and what the analysers say: clang-format, clang-tidy, ruff, mypy (types,
# and the stub of the native module against the module). Changes nothing; prints what to run to mend
# it. All checks run, the exit code is 1 if any found something.
#
# Needs the release build (its compile commands).
set -uo pipefail
cd "$(dirname "$0")/.." || exit
bin=build/venv/bin
failed=()

check() { # check NAME HINT COMMAND...
    local name=$1 hint=$2 start=$SECONDS
    shift 2
    if "$@" </dev/null; then
        printf 'lint: %-12s ok (%ss)\n' "$name" $((SECONDS - start))
    else
        printf 'lint: %-12s FAILED%s\n' "$name" "${hint:+; to mend: $hint}"
        failed+=("$name")
    fi
}

clang_format() {
    local files
    mapfile -t files < <(find impl tests harness -name '*.[ch]pp' -print | sort)
    [ ${#files[@]} -eq 0 ] || clang-format-19 --dry-run -Werror "${files[@]}"
}

check ruff "$bin/ruff check --fix" "$bin/ruff" check --quiet
check ruff-format "$bin/ruff format" "$bin/ruff" format --check --quiet
check clang-format "clang-format-19 -i FILE" clang_format
check mypy "" "$bin/python" -m mypy --no-error-summary
check stubtest "" env PYTHONPATH=build/release/python "$bin/python" -m mypy.stubtest --concise \
    --mypy-config-file pyproject.toml rapidmarc
check clang-tidy "" "$bin/python" scripts/clang_tidy.py
if [ ${#failed[@]} -gt 0 ]; then
    echo "lint: failed: ${failed[*]}"
    exit 1
fi
echo "lint: all checks passed"
