"""rmarc: pymarc's interface over Rust."""

from __future__ import annotations

from typing import Any

from harness.engines.protocol import distribution_version, per_second
from harness.engines.pymarc_shape import PymarcShape


class Rmarc(PymarcShape):
    install = "pip install rmarc"
    guess = per_second(
        read=30_000,
        title=30_000,
        extract=20_000,
        roundtrip=20_000,
        subfields=20_000,
        write=20_000,
        change=20_000,
        as_dict=10_000,
        as_json=10_000,
        marcxml=3_000,
    )

    def module(self) -> Any:
        import rmarc  # type: ignore[import-not-found, unused-ignore]

        return rmarc

    def version(self) -> str:
        version = distribution_version("rmarc")
        self.module()
        return version


ENGINES = {"rmarc": Rmarc()}
