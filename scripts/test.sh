#!/usr/bin/env bash
# Runs every test of the release build: the C++ programs by ctest, then the Python tests. Both run
# even when the first fails, and their closing lines are printed together at the end.
#
# Arguments go to pytest.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
logs=build/.stamps
mkdir -p "$logs"

ctest --preset release -j 2 </dev/null 2>&1 | tee "$logs/ctest.log"
cpp=${PIPESTATUS[0]}
# The large file and pymarc's own tests. Without them the tests say so, or fail if data is required.
build/venv/bin/python -m harness.corpora loc-large </dev/null || echo "test: going on without the large file"
# Two workers: more would only disturb the tests that start threads of their own.
build/venv/bin/python -m pytest -n 2 --dist loadfile "$@" </dev/null 2>&1 | tee "$logs/pytest.log"
python=${PIPESTATUS[0]}

echo
grep -E '^[0-9]+% tests passed' "$logs/ctest.log" || echo "ctest: no closing line (exit $cpp)"
grep -E '^=+ .*(passed|failed|error|no tests ran).* =+$' "$logs/pytest.log" | tail -n 1 ||
    echo "pytest: no closing line (exit $python)"
[ "$cpp" = 0 ] && [ "$python" = 0 ]
