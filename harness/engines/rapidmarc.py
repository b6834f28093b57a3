"""rapidmarc, once for each backend, each with the sources that it takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.engines.columns import COLUMNS, TableMaker, arrow
from harness.engines.protocol import Job, Missing, per_second
from harness.engines.pymarc_shape import FILE_SOURCES, WORKLOADS, PymarcShape

INSTALL = "make build"


class Rapidmarc(PymarcShape):
    workloads = WORKLOADS | {"change_path", "change_beside"}
    install = INSTALL
    guess = per_second(
        read=2_000_000,
        title=1_500_000,
        extract=300_000,
        roundtrip=1_500_000,
        subfields=250_000,
        write=1_000_000,
        change=600_000,
        change_path=700_000,
        change_beside=800_000,
        as_dict=150_000,
        as_json=150_000,
        marcxml=100_000,
    )

    def __init__(
        self,
        backend: str,
        sources: frozenset[str],
        reads_ahead: bool,
        on_error: str | None = None,
    ) -> None:
        self.backend = backend
        self.on_error = on_error  # what becomes of broken records; None: as in pymarc
        self.sources = sources
        self.batch_sizes = backend != "record"
        self.reads_ahead = reads_ahead
        self.thread_kinds = frozenset({"readers", "workers"} if reads_ahead else {"readers"})

    def module(self) -> Any:
        try:
            import rapidmarc  # type: ignore[import-not-found, unused-ignore]
        except ImportError as error:
            raise Missing(f"rapidmarc cannot be imported: {error}", INSTALL) from None
        return rapidmarc

    def version(self) -> str:
        return str(getattr(self.module(), "__version__", "unknown"))

    def reader(self, target: Any, options: Job) -> Iterable[Any]:
        settings: dict[str, Any] = {"backend": self.backend}
        if self.on_error is not None:
            settings["on_error"] = self.on_error
        if self.batch_sizes and options.get("batch_size", "auto") != "auto":
            settings["batch_size"] = options["batch_size"]
        if self.reads_ahead:
            workers = options.get("threads_kind") == "workers"
            settings["num_threads"] = options.get("threads", 1) if workers else 1
        reader: Iterable[Any] = self.module().MARCReader(target, **settings)
        return reader

    def stats(self, reader: Any) -> dict[str, int]:
        """The reader's own; a file of MARCXML and one that is read in ranges have none."""
        return dict(getattr(reader, "stats", {}))


class Columns(TableMaker):
    """`rapidmarc.select`, its batches taken by pyarrow as they are."""

    sources = frozenset({"path", "open", "bytes"})
    thread_kinds = frozenset({"workers"})
    most_threads = None
    guess = per_second(select=1_500_000)

    def version(self) -> str:
        arrow()
        return Rapidmarc("native", frozenset(), reads_ahead=True).version()

    def batches(self, target: Any, options: Job) -> Iterable[Any]:
        import rapidmarc

        paths = {name: f"{tag}${code}" if code else tag for name, (tag, code) in COLUMNS.items()}
        selection = rapidmarc.select(target, paths, num_threads=options.get("threads", 1))
        batches: Iterable[Any] = arrow().RecordBatchReader.from_stream(selection)
        return batches


BACKENDS = {
    "rapidmarc/record": Rapidmarc("record", FILE_SOURCES, reads_ahead=False),
    "rapidmarc/batched": Rapidmarc("batched", FILE_SOURCES, reads_ahead=False),
    "rapidmarc/native": Rapidmarc("native", frozenset({"path"}), reads_ahead=True),
    "rapidmarc/memory": Rapidmarc("memory", frozenset({"bytes"}), reads_ahead=True),
    "rapidmarc/skip": Rapidmarc("native", frozenset({"path"}), True, on_error="skip"),
    "rapidmarc/salvage": Rapidmarc("native", frozenset({"path"}), True, on_error="salvage"),
}
ENGINES: dict[str, Rapidmarc | Columns] = {**BACKENDS, "rapidmarc/columns": Columns()}
