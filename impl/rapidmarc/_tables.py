"""Tables in files: Parquet and CSV, from columns, by pyarrow."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from rapidmarc._byte_inputs import Input, inputs_of
from rapidmarc._formats import format_of, parts_of
from rapidmarc.columns import select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from typing_extensions import Buffer

    from rapidmarc._core import Record
    from rapidmarc.columns import Column, Condition, Selection
    from rapidmarc.conversion import Conversion

JOINT = "|"
"""Stands between the values of a list in a CSV file."""
_ROWS = 1 << 17  # that make a row group


def pyarrow() -> Any:
    """The package; ModuleNotFoundError that says how to get it."""
    try:
        import pyarrow as package  # type: ignore[import-untyped, unused-ignore]
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "tables need the package pyarrow: pip install 'rapidmarc[arrow]'", name="pyarrow"
        ) from None
    return package


def selections(
    source: Any,
    columns: Mapping[str, str | Column | Condition],
    where: Condition | None,
    source_format: str | None,
    on_error: str,
) -> Iterator[Rows]:
    """The rows of each of the inputs that `source` stands for (see `rapidmarc.open`). Records of
    text formats are encoded on the way."""
    for one in inputs_of(source):
        found = Input(one)
        file, own = found.take_file()
        try:
            if (source_format or format_of(found.head)) != "marc":
                format = source_format or format_of(found.head)
                encoded = _Encoded(parts_of(file, format, found.name), on_error)
                target: Any = encoded
            else:
                encoded = None
                target = found.path or (file if found.buffer is None else found.buffer)
            options: Any = {"where": where, "on_error": on_error}
            yield Rows(select(target, columns, **options), encoded, found.name)
        finally:
            if own:
                file.close()


class _Encoded(io.RawIOBase):
    """Records as a file of ISO 2709, encoded when they are read."""

    def __init__(self, parts: Iterator[Callable[[], Record]], on_error: str) -> None:
        super().__init__()
        self.skipped = 0
        self.error: Exception | None = None  # that ended the reading
        self._parts = parts
        self._on_error = on_error
        self._index = 0
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        target = memoryview(buffer).cast("B")
        try:
            while not self._piece and (make := next(self._parts, None)) is not None:
                self._piece = memoryview(self._encode(make))
                self._index += 1
        except Exception as error:
            self.error = error
            raise
        block = self._piece[: len(target)]
        self._piece = self._piece[len(block) :]
        target[: len(block)] = block
        return len(block)

    def _encode(self, make: Callable[[], Record]) -> bytes:
        try:
            return make().as_marc()
        except Exception as error:
            if self._on_error != "raise":
                self.skipped += 1
                return b""
            located: Any = error
            located.record_index = self._index
            raise


class Rows:
    """The rows that a selection has of one input, whose name is `name`."""

    def __init__(self, selection: Selection, encoded: _Encoded | None, name: str) -> None:
        self.name = name
        self._selection = selection
        self._encoded = encoded

    @property
    def skipped(self) -> int:
        """Bad records so far, which have no row."""
        return self._selection.skipped + (self._encoded.skipped if self._encoded else 0)

    def batches(self) -> Iterator[Any]:
        """The rows in batches, as pyarrow has them; at least one, so that there is a schema."""
        reader = pyarrow().RecordBatchReader.from_stream(self._selection)
        empty = True
        try:
            for batch in reader:
                empty = False
                yield batch
        except Exception:
            if self._encoded is not None and self._encoded.error is not None:
                raise self._encoded.error from None  # as it was before it came through pyarrow
            raise
        if empty:
            yield pyarrow().RecordBatch.from_pylist([], schema=reader.schema)


def write_table(
    source: Any,
    file: Any,
    kind: str,
    columns: Mapping[str, str | Column | Condition],
    where: Condition | None,
    source_format: str | None,
    on_error: str,
) -> Conversion:
    """Write the columns of `source` to a binary file."""
    from rapidmarc.conversion import Conversion

    pyarrow()
    done = Conversion()
    out: Any = None
    waiting: list[Any] = []
    rows = 0
    for found in selections(source, columns, where, source_format, on_error):
        for batch in found.batches():
            if kind == "csv":
                batch = joined(batch)
            if out is None:
                out = _writer(kind, file, batch.schema)
            waiting.append(batch)
            rows += batch.num_rows
            if rows >= _ROWS:
                done.records += rows
                out.write_table(pyarrow().Table.from_batches(waiting))
                waiting, rows = [], 0
        if found.skipped:
            done.errors["skipped"] = done.errors.get("skipped", 0) + found.skipped
    done.records += rows
    if waiting:
        out.write_table(pyarrow().Table.from_batches(waiting))
    if out is not None:
        out.close()
    return done


def _writer(kind: str, file: Any, schema: Any) -> Any:
    sink = arrow_file(file)
    if kind == "csv":
        from pyarrow import csv

        return csv.CSVWriter(sink, schema)
    from pyarrow import parquet

    return parquet.ParquetWriter(sink, schema, compression="zstd")


def arrow_file(file: Any) -> Any:
    """A binary file as pyarrow writes to it; closing it leaves `file` open."""
    return pyarrow().PythonFile(_Sink(file), mode="w")


class _Sink(io.RawIOBase):
    """What pyarrow writes to; it closes this one, and not the file behind."""

    def __init__(self, file: Any) -> None:
        super().__init__()
        self._file = file
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Buffer, /) -> int:
        size = memoryview(data).nbytes
        self._file.write(bytes(data))
        self._written += size
        return size


def joined(batch: Any) -> Any:
    """The batch with text in place of lists, for formats that have none."""
    arrow = pyarrow()
    arrays = []
    for array in batch.columns:
        if arrow.types.is_list(array.type) or arrow.types.is_large_list(array.type):
            from pyarrow import compute

            texts = array.cast(arrow.list_(arrow.string()))
            array = compute.binary_join(texts, JOINT)
        arrays.append(array)
    return arrow.RecordBatch.from_arrays(arrays, names=batch.schema.names)
