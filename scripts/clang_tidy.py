"""Runs clang-tidy over our own C++ files, two at a time, and remembers which were clean.

A file is looked at again only when its verdict could differ: its text, a header of ours that it
includes, its compile command, the checks or clang-tidy itself changed. Which headers it includes is
known from the release build, which must be up to date (`make lint` sees to that).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "release"
CLEAN = ROOT / "build" / ".stamps" / "clang-tidy"
TIDY = "clang-tidy-19"
JOBS = 2
EXTRA = (
    # The commands are g++'s: clang knows fewer of its warnings.
    "--extra-arg=-Wno-unknown-warning-option",
    # The static analyser follows each function for a while, not until it has seen every path: some
    # files would take it a minute.
    *(f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang")),
    "--extra-arg=max-nodes=20000",
)


def main() -> int:
    commands = BUILD / "compile_commands.json"
    if not commands.is_file():
        print(f"{commands.relative_to(ROOT)} is missing: run `make build` first")
        return 1
    try:
        version = subprocess.check_output([TIDY, "--version"], text=True)
    except FileNotFoundError:
        print(f"{TIDY} is missing: apt-get install -y clang-tidy-19")
        return 1
    rules = version + "".join(EXTRA) + (ROOT / ".clang-tidy").read_text()
    headers = included_headers()
    CLEAN.mkdir(parents=True, exist_ok=True)

    waiting: dict[Path, Path] = {}
    clean = 0
    for entry in json.loads(commands.read_text()):
        source = Path(entry["directory"], entry["file"]).resolve()
        if not is_ours(source):
            continue
        files = sorted({source, *headers.get(source, ())})
        stamp = CLEAN / fingerprint(rules + entry["command"], files)
        if stamp.exists():
            clean += 1
        else:
            waiting[source] = stamp

    with ThreadPoolExecutor(JOBS) as pool:
        found = list(pool.map(lambda item: examine(*item), waiting.items()))
    print(f"clang-tidy: {len(waiting)} looked at, {clean} unchanged, {sum(found)} with findings")
    return 1 if any(found) else 0


def included_headers() -> dict[Path, set[Path]]:
    """Our headers behind each source, as the compiler reported them to ninja."""
    listing = subprocess.check_output(["ninja", "-C", str(BUILD), "-t", "deps"], text=True)
    headers: dict[Path, set[Path]] = {}
    for block in listing.split("\n\n"):
        files = [(BUILD / line.strip()).resolve() for line in block.splitlines()[1:]]
        ours = [file for file in files if is_ours(file)]
        if files and ours and ours[0] == files[0]:
            headers.setdefault(files[0], set()).update(ours[1:])
    return headers


def is_ours(file: Path) -> bool:
    return file.is_relative_to(ROOT) and not file.is_relative_to(ROOT / "build")


def fingerprint(settings: str, files: list[Path]) -> str:
    digest = hashlib.sha256(settings.encode())
    for file in files:
        digest.update(str(file).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def examine(source: Path, stamp: Path) -> bool:
    """Whether clang-tidy found something in `source`, which is then printed."""
    run = subprocess.run(
        [TIDY, "--quiet", "-p", str(BUILD), *EXTRA, str(source)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if run.returncode == 0:
        stamp.touch()
        return False
    print(f"== {source.relative_to(ROOT)}\n{run.stdout.strip() or run.stderr.strip()}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
