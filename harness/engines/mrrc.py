"""mrrc: a Rust reader with pymarc's interface, but methods where pymarc has attributes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from harness.digest import CanonicalRecord, ControlField, DataField
from harness.engines.protocol import Job, distribution_version, per_second
from harness.engines.pymarc_shape import FILE_SOURCES, PymarcShape


def extract(reader: Iterable[Any]) -> int:
    count = 0
    for record in reader:
        count += 1
        if record is not None:
            field = record.get("245")
            if field is not None:
                field.get("a")
            for field in record.fields():
                field.value()
    return count


def subfields(reader: Iterable[Any]) -> int:
    count = 0
    for record in reader:
        count += 1
        if record is not None:
            for field in record.fields():
                for subfield in field.subfields():
                    _code, _value = subfield.code, subfield.value
    return count


def marcxml(file: Any) -> int:
    """All records at once: it has no other way; a handle must give text."""
    import mrrc

    return len(mrrc.parse_xml_to_array(file if isinstance(file, str) else file.read().decode()))


OWN = {"extract": extract, "subfields": subfields, "marcxml": marcxml}


def _value(attribute: Any) -> Any:
    return attribute() if callable(attribute) else attribute


def canonical_field(field: Any) -> ControlField | DataField:
    if _value(field.is_control_field):
        return (field.tag, field.data or "")
    first, second = field.indicators
    pairs = tuple((subfield.code, subfield.value) for subfield in _value(field.subfields))
    return (field.tag, first, second, pairs)


class Mrrc(PymarcShape):
    sources = FILE_SOURCES | {"path", "bytes"}
    install = "pip install mrrc"
    guess = per_second(
        read=90_000,
        title=80_000,
        extract=15_000,
        roundtrip=60_000,
        write=60_000,
        subfields=15_000,
        change=30_000,
        as_dict=10_000,
        as_json=10_000,
        marcxml=10_000,
    )

    def module(self) -> Any:
        import mrrc

        return mrrc

    def version(self) -> str:
        version = distribution_version("mrrc")
        self.module()
        return version

    def reader(self, target: Any, options: Job) -> Iterable[Any]:
        reader: Iterable[Any] = self.module().MARCReader(target, permissive=True)
        return reader

    def work(self, workload: str) -> Callable[[Iterable[Any]], int]:
        return OWN[workload] if workload in OWN else super().work(workload)

    def canonical(self, reader: Any, record: Any) -> CanonicalRecord:
        if record is None:
            return ("error", type(getattr(reader, "current_exception", None)).__name__)
        return (str(record.leader), tuple(canonical_field(field) for field in record.fields()))


class Parallel(Mrrc):
    """Its bulk call: the whole file in memory, its boundaries found, all records parsed at once."""

    sources = frozenset({"path", "bytes"})
    workloads = frozenset({"read"})
    thread_kinds = frozenset({"workers"})
    guess = per_second(read=100_000)

    def reader(self, target: Any, options: Job) -> Iterable[Any]:
        # Its pool of threads is made by the first call, and asks for nothing but this.
        os.environ["RAYON_NUM_THREADS"] = str(options["threads"])
        mrrc = self.module()
        data = target
        if isinstance(target, str):
            with open(target, "rb") as file:
                data = file.read()
        boundaries = mrrc.RecordBoundaryScanner().scan(data)
        records: list[Any] = mrrc.parse_batch_parallel(boundaries, data)
        return records

    def canonical(self, reader: Any, record: Any) -> CanonicalRecord:
        # The call gives bare records; this is what its own readers put around them.
        return super().canonical(reader, self.module()._wrap_record(record))


ENGINES = {"mrrc": Mrrc(), "mrrc/parallel": Parallel()}
