"""Records and columns for Dask: one partition is one byte range of one file.

A partition is read by whichever worker gets it, from the file and nothing else. So what a lost
worker had is read again by another, and nothing is lost or doubled.

Needs Dask, pandas and pyarrow: ``pip install rapidmarc[dask]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import dask.bag
import dask.dataframe
import pandas
import pyarrow
from dask.utils import parse_bytes

from rapidmarc import MARCReader
from rapidmarc._parts import DEFAULT_BLOCKSIZE, Part, opened_part, parts_of, selection_of
from rapidmarc.columns import select

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from rapidmarc._core import Record
    from rapidmarc.columns import Column, Condition

__all__ = ["read_marc", "read_records"]


def read_marc(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    columns: Mapping[str, str | Column | Condition],
    *,
    blocksize: int | str | None = DEFAULT_BLOCKSIZE,
    where: Condition | None = None,
    on_error: Literal["raise", "skip", "none"] = "raise",
    dialect: Literal["marc21", "unimarc", "latin1"] = "marc21",
    storage_options: dict[str, Any] | None = None,
) -> Any:
    """A `dask.dataframe` with a row for each record of the files `paths`, in their order.

    `paths` is a path, a pattern such as ``"books-*.mrc"`` or a list of them; URLs go to fsspec,
    with `storage_options`. `columns`, `where`, `on_error` and `dialect` are those of
    `rapidmarc.select`; columns that the computation does not use are not made. Types are Arrow's
    (`pandas.ArrowDtype`), so a column without a value has the type that it has elsewhere.

    Each file is cut into ranges of about `blocksize` bytes (a number, a text such as "64 MiB", or
    None for one range a file), each of which becomes a partition. For that the caller reads a few
    hundred kilobytes at each cut; everything else is read by the workers, to whom the files must
    have the same paths. A file whose size has changed meanwhile is a ValueError.

    Raises what `select` and `partitions` raise: FileNotFoundError, PathError, ...

    >>> frame = read_marc("books.mrc", {"id": "001", "title": "245$a"})
    >>> frame.npartitions
    1
    """
    parts = parts_of(paths, _bytes(blocksize), storage_options)
    # Bad arguments are told here, not by a worker.
    options: dict[str, Any] = {"where": where, "on_error": on_error, "dialect": dialect}
    schema = pyarrow.schema(select(b"", columns, **options))
    empty = _frame(schema.empty_table())
    if not parts:
        return dask.dataframe.from_pandas(empty, npartitions=1)
    return dask.dataframe.from_map(
        _read_columns,
        parts,
        meta=empty,
        label="read-marc",
        wanted=dict(columns),
        options=options,
        storage_options=storage_options,
    )


def read_records(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    blocksize: int | str | None = DEFAULT_BLOCKSIZE,
    storage_options: dict[str, Any] | None = None,
    **options: Any,
) -> Any:
    """A `dask.bag` of the records of the files `paths`, in their order.

    `paths`, `blocksize` and `storage_options` are those of `read_marc`; `options` go to
    `MARCReader` (``on_error="skip"``, ...). Records travel between processes as whole records:
    take from them what is wanted (``.map``, ``.filter``) before the bag is computed.

    >>> read_records("books.mrc").map(lambda record: record.title).compute(scheduler="sync")
    ['A plain record : called one.']
    """
    parts = parts_of(paths, _bytes(blocksize), storage_options)
    bag = dask.bag.from_sequence(parts, partition_size=1)
    return bag.map_partitions(_read_records, storage_options=storage_options, options=options)


def _bytes(blocksize: int | str | None) -> int | None:
    return None if blocksize is None else int(parse_bytes(blocksize))


def _frame(table: pyarrow.Table) -> pandas.DataFrame:
    return table.to_pandas(types_mapper=pandas.ArrowDtype)


def _read_columns(
    part: Part,
    columns: list[str] | None = None,
    *,
    wanted: dict[str, str | Column | Condition],
    options: dict[str, Any],
    storage_options: dict[str, Any] | None,
) -> pandas.DataFrame:
    """The rows of one part; of `wanted`, only the columns that `columns` names."""
    names = list(wanted) if columns is None else list(columns)
    # A table without columns would have forgotten how many rows it has.
    chosen = {name: wanted[name] for name in names or list(wanted)[:1]}
    with selection_of(part, chosen, storage_options, **options) as selection:
        return _frame(pyarrow.table(selection))[names]


def _read_records(
    parts: list[Part], storage_options: dict[str, Any] | None, options: dict[str, Any]
) -> list[Record | None]:
    found: list[Record | None] = []
    for part in parts:
        with opened_part(part, storage_options) as source:
            reading: dict[str, Any] = {"byte_range": part.byte_range, **options}
            if isinstance(source, str):
                reading.setdefault("num_threads", 1)
            found += MARCReader(source, **reading)
    return found
