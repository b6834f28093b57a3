"""pymarc: the reference for every output, and the reader that others are compared with."""

from __future__ import annotations

from typing import Any

from harness.engines.protocol import distribution_version, per_second
from harness.engines.pymarc_shape import PymarcShape


class Pymarc(PymarcShape):
    package = "pymarc"
    install = "pip install pymarc==5.4.0"
    guess = per_second(
        read=10_000,
        title=10_000,
        extract=9_000,
        subfields=9_000,
        roundtrip=7_000,
        write=7_000,
        change=7_000,
        as_dict=8_000,
        as_json=6_000,
        marcxml=3_000,
    )

    def module(self) -> Any:
        import pymarc

        return pymarc

    def version(self) -> str:
        version = distribution_version("pymarc")
        self.module()
        return version


ENGINES = {"pymarc": Pymarc()}
