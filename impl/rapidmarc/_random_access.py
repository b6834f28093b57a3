"""What a reader of a path does with an index: go to a record by its number, fetch records by their
control number."""

from __future__ import annotations

from io import FileIO

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    import os
    from typing import Any

    from rapidmarc._core import Record
    from rapidmarc._index import Index
    from rapidmarc._recovery import Recovery


class RandomAccess:
    """The part of `MARCReader` that needs an index."""

    _closed: bool
    _own_file: Any
    _range: tuple[int, int] | None
    _index: str | os.PathLike[str] | Index | None
    _checked_index: Index | None = None
    _recovery: Recovery | None
    file_handle: Any
    _begin: Any  # methods of the reader
    _reader_of: Any

    def seek_record(self, number: int) -> None:
        """Go on with record `number` of the file, counted from 0: it is the next one that comes,
        and its `Record.index` is that number.

        Raises IndexError if there is no such record, and what `by_control_number` raises.
        """
        place = self._current_index().place(number)
        self._begin((place.offset, (1 << 64) - 1), place.number)

    def by_control_number(self, control_number: str) -> list[Record | None]:
        """All records of the file whose field 001 is `control_number`, in its order; where
        iteration stands does not change. Blanks round control numbers do not count. A record that
        cannot be decoded is None, or what `on_error` says.

        Needs an index, made by `rapidmarc.index`: the one given as `index`, or the one beside the
        file. Raises FileNotFoundError if there is none, StaleIndexError if the file has changed
        since, and ValueError for a reader that reads no path, or only a `byte_range` of it.
        """
        found: list[Record | None] = []
        for place in self._current_index().find(control_number):
            found += self._reader_of(place.offset, place.offset + place.length, place.number)
        return found

    def _current_index(self) -> Index:
        if self._closed:
            raise ValueError("I/O operation on closed file")
        if type(self._own_file) is not FileIO or self._range is not None:
            raise ValueError(
                "records are found by number in a whole file that is given by its path"
            )
        known = self._checked_index
        if known is None or not known.is_current(self._own_file):
            known = self._checked_index = self._load_index()
        return known

    def _load_index(self) -> Index:
        from rapidmarc._index import Index, beside

        index = self._index
        if not isinstance(index, Index):
            name = beside(self.file_handle.name) if index is None else index
            try:
                index = Index(name)
            except FileNotFoundError as error:
                raise FileNotFoundError(
                    error.errno, "no index is there; rapidmarc.index(path) makes one", str(name)
                ) from None
        index.check(self._own_file)
        return index
