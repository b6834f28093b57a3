"""The part of `Field` that is written in Python: what is called seldom, or is made of other
methods.

The native type (impl/python/field.cpp) has the rest. Importing this module attaches these functions
to it.
"""

from __future__ import annotations

from rapidmarc._core import Field
from rapidmarc._values import Subfield

TYPE_CHECKING = False  # the package `typing` takes long to load
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def convert_legacy_subfields(cls: type[Field], subfields: Iterable[str]) -> list[Subfield]:
    """Turn a flat list of codes and values, as old programs have it, into a list of `Subfield`.

    Raises ``ValueError`` when a code has no value.

    >>> Field.convert_legacy_subfields(["a", "Title", "b", "rest"])
    [Subfield(code='a', value='Title'), Subfield(code='b', value='rest')]
    """
    flat = iter(subfields)
    return [Subfield(code, value) for code, value in zip(flat, flat, strict=True)]


def add_subfield(self: Field, code: str, value: str, pos: int | None = None) -> None:
    """Insert a subfield before place `pos`, or append it; nothing happens to a control field."""
    if self.control_field:
        return
    subfield = Subfield(code, value)
    if pos is None or pos > len(self.subfields):
        self.subfields.append(subfield)
    else:
        self.subfields.insert(pos, subfield)


def delete_subfield(self: Field, code: str) -> str | None:
    """Remove the first subfield with `code` and return its value; None if there is none."""
    if not self.control_field:
        for place, subfield in enumerate(self.subfields):
            if subfield.code == code:
                return self.subfields.pop(place).value
    return None


def subfields_as_dict(self: Field) -> dict[str, list[str]]:
    """Return the values of each code, codes in the order in which they come first."""
    values: dict[str, list[str]] = {}
    if not self.control_field:
        for subfield in self.subfields:
            values.setdefault(subfield.code, []).append(subfield.value)
    return values


def linkage_occurrence_num(self: Field) -> str | None:
    """Return the occurrence number in subfield 6 (``880-01/(3/r`` gives ``01``), None without
    subfield 6.

    Raises ``IndexError`` when subfield 6 has no hyphen.
    """
    linkage = self.get("6", "")
    return linkage.split("-")[1].split("/")[0] if linkage else None


def get_state(self: Field) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Return what pickling and copying keep: a subclass's own attributes, and the field's."""
    names = ("tag", "data", "_indicators", "subfields", "control_field")
    return getattr(self, "__dict__", None), {name: getattr(self, name) for name in names}


for _function in (
    add_subfield,
    delete_subfield,
    subfields_as_dict,
    linkage_occurrence_num,
):
    _function.__qualname__ = f"Field.{_function.__name__}"
    setattr(Field, _function.__name__, _function)
setattr(Field, "convert_legacy_subfields", classmethod(convert_legacy_subfields))  # noqa: B010
setattr(Field, "__getstate__", get_state)  # noqa: B010
