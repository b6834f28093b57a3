"""Records' columns for Spark, through its Python data source interface: one task reads one byte
range of one file.

A task reads from the file and nothing else, so one that fails and is tried again, here or on
another machine, gives the same rows, and nothing is lost or doubled.

Needs PySpark 4 and pyarrow: ``pip install rapidmarc[spark]``.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Literal

import pyarrow
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
from pyspark.sql.pandas.types import from_arrow_schema

from rapidmarc._byte_inputs import is_url
from rapidmarc._parts import DEFAULT_BLOCKSIZE, Part, parts_of, selection_of
from rapidmarc.columns import Column, Condition, select

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

__all__ = ["MARCDataSource", "read_marc"]


def read_marc(
    spark: SparkSession,
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    columns: Mapping[str, str | Column | Condition],
    *,
    blocksize: int = DEFAULT_BLOCKSIZE,
    where: Condition | None = None,
    on_error: Literal["raise", "skip", "none"] = "raise",
    dialect: Literal["marc21", "unimarc", "latin1"] = "marc21",
) -> DataFrame:
    """A Spark data frame with a row for each record of the files `paths`.

    `paths` is a path, a pattern such as ``"books-*.mrc"`` or a list of them; URLs go to fsspec.
    `columns`, `where`, `on_error` and `dialect` are those of `rapidmarc.select`. Each file is cut
    into ranges of about `blocksize` bytes, and each range is a task. The files must have the same
    paths on all machines, and rapidmarc must be installed there.

    Raises PathError, TypeError and ValueError for arguments that are not understood; what reading
    raises comes from Spark when the frame is computed.
    """
    select(b"", columns, where=where, on_error=on_error, dialect=dialect)
    spark.dataSource.register(MARCDataSource)
    several: list[Any] = list(paths) if isinstance(paths, (list, tuple)) else [paths]
    given = [str(os.fspath(path)) for path in several]
    options = {
        # The processes that read may stand in another folder.
        "paths": json.dumps([path if is_url(path) else os.path.abspath(path) for path in given]),
        "columns": json.dumps({name: _to_json(column) for name, column in columns.items()}),
        "where": json.dumps(None if where is None else _to_json(where)),
        "blocksize": str(blocksize),
        "on_error": on_error,
        "dialect": dialect,
    }
    return spark.read.format(MARCDataSource.name()).options(**options).load()


class MARCDataSource(DataSource):
    """The format "marc": after ``spark.dataSource.register(MARCDataSource)``,
    ``spark.read.format("marc").option("columns", '{"id": "001"}').load("books.mrc")``.

    Options: `columns`, JSON, by name a path or ``{"kind": "count", "path": "6..$a"}`` (kinds as in
    `rapidmarc.columns`); `where`, JSON, ``{"kind": "equals", "path": "001", "text": "b1"}`` or
    ``{"kind": "all", "parts": [...]}``; `blocksize`, bytes; `on_error`; `dialect`; `path`, or
    `paths`, a JSON list.
    """

    @classmethod
    def name(cls) -> str:
        """What the format is called."""
        return "marc"

    def schema(self) -> StructType:
        """The columns' names and types."""
        return from_arrow_schema(pyarrow.schema(select(b"", *self._wanted()[:1])))

    def reader(self, schema: StructType) -> DataSourceReader:
        """What cuts the files and reads their parts."""
        columns, where = self._wanted()
        paths = json.loads(self.options.get("paths", "null")) or [self.options["path"]]
        blocksize = int(self.options.get("blocksize", DEFAULT_BLOCKSIZE))
        reading = {
            "where": where,
            "on_error": self.options.get("on_error", "raise"),
            "dialect": self.options.get("dialect", "marc21"),
        }
        return _Reader(paths, blocksize, columns, reading)

    def _wanted(self) -> tuple[dict[str, Any], Condition | None]:
        try:
            texts = json.loads(self.options["columns"])
        except KeyError:
            raise ValueError('the option "columns" says what is to be read, as JSON') from None
        where = json.loads(self.options.get("where", "null"))
        columns = {name: _from_json(form) for name, form in texts.items()}
        return columns, None if where is None else _from_json(where)


class _Partition(InputPartition):
    def __init__(self, part: Part) -> None:
        super().__init__(tuple(part))


class _Reader(DataSourceReader):
    def __init__(
        self, paths: list[str], blocksize: int, columns: dict[str, Any], options: dict[str, Any]
    ) -> None:
        self._paths = paths
        self._blocksize = blocksize
        self._columns = columns
        self._options = options

    def partitions(self) -> Sequence[InputPartition]:
        return [_Partition(part) for part in parts_of(self._paths, self._blocksize)]

    def read(self, partition: InputPartition) -> Iterator[Any]:
        with selection_of(Part(*partition.value), self._columns, **self._options) as selection:
            yield from pyarrow.RecordBatchReader.from_stream(selection)


def _to_json(column: str | Column | Condition) -> Any:
    if isinstance(column, str):
        return column
    if isinstance(column, Condition) and column.parts:
        return {"kind": column.kind, "parts": [_to_json(part) for part in column.parts]}
    form = {"kind": column.kind, "path": column.path}
    return {**form, "text": column.text} if isinstance(column, Condition) else form


_CONDITIONS = ("exists", "equals", "starts_with", "matches")
_JOINED = ("all", "any", "none")


def _from_json(form: Any) -> Any:
    """A column or condition from what `_to_json` made of it; ValueError for anything else."""
    if isinstance(form, str):
        return form
    kind = form.get("kind") if isinstance(form, dict) else None
    if kind in _JOINED:
        return Condition(kind, parts=tuple(_from_json(part) for part in form["parts"]))
    if kind in _CONDITIONS:
        return Condition(kind, form["path"], form.get("text", ""))
    if kind is None:
        raise ValueError(f"a column is a path or an object with a kind, not {form!r}")
    return Column(kind, form.get("path", ""))
