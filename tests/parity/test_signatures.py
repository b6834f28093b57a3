"""Every public name of pymarc exists here, takes the same arguments and has the same bases."""

import importlib
import inspect
import io
import logging
import re
from typing import Any

import pymarc
import pytest

import rapidmarc
from tests.parity.run_pymarc_suite import MODULES

# Text constants of the standard library that pymarc's star-imports pass on.
PASSED_THROUGH = {"feature_namespaces"}
# These differ on purpose: pymarc's alias is that of the base class, which cannot write bytes.
DIFFERING = {("RawField", "as_marc21")}
# Workings of pymarc's MARC-8 converter that it keeps in public attributes.
WORKINGS = {"g0_set", "g1_set"}


def twin(module: str) -> tuple[Any, Any]:
    """The module of that name from both packages; "" is the package itself."""
    dotted = f".{module}" if module else ""
    return tuple(importlib.import_module(f"{p}{dotted}") for p in ("pymarc", "rapidmarc"))  # type: ignore[return-value]


def belongs_to_pymarc(value: Any) -> bool:
    """Whether a name is part of the interface, not something that was imported on the way."""
    if inspect.isclass(value) or inspect.isfunction(value):
        return str(value.__module__).startswith("pymarc")
    return isinstance(value, str | int | dict | re.Pattern | logging.Logger)


def public_names(module: str) -> list[str]:
    theirs, _ = twin(module)
    return [
        name
        for name in dir(theirs)
        if not name.startswith("_")
        and name not in PASSED_THROUGH
        and belongs_to_pymarc(getattr(theirs, name))
    ]


NAMES = [(module, name) for module in ("", *MODULES) for name in public_names(module)]
CLASSES = sorted(
    {
        (getattr(pymarc, name).__module__.partition(".")[2], name)
        for module, name in NAMES
        if not module and inspect.isclass(getattr(pymarc, name))
    }
)
FUNCTIONS = sorted(
    {
        (getattr(pymarc, name).__module__.partition(".")[2], name)
        for module, name in NAMES
        if not module and inspect.isfunction(getattr(pymarc, name))
    }
)


def arguments(callable_: Any) -> list[tuple[str, str, Any]]:
    """Names, kinds and defaults, which is what a caller can tell apart."""
    return [
        (parameter.name, parameter.kind.name, parameter.default)
        for parameter in inspect.signature(callable_).parameters.values()
    ]


def assert_same_arguments(theirs: Any, ours: Any) -> None:
    expected, found = arguments(theirs), arguments(ours)
    assert found[: len(expected)] == expected
    # What comes on top can only be named, and need not be.
    for name, kind, default in found[len(expected) :]:
        assert kind == "KEYWORD_ONLY", name
        assert default is not inspect.Parameter.empty, name


def test_there_is_something_to_compare() -> None:
    assert len(NAMES) > 150
    assert len(CLASSES) > 30
    assert len(FUNCTIONS) >= 10


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_name_exists(module: str, name: str) -> None:
    theirs, ours = (getattr(side, name) for side in twin(module))
    if isinstance(theirs, str | int):
        assert ours == theirs
        assert type(ours) is type(theirs)
    elif isinstance(theirs, re.Pattern):
        assert (ours.pattern, ours.flags) == (theirs.pattern, theirs.flags)
    elif isinstance(theirs, logging.Logger):
        assert ours is theirs
    elif isinstance(theirs, dict):
        assert ours == theirs
    else:
        assert ours.__name__ == theirs.__name__
        assert ours.__module__ == theirs.__module__.replace("pymarc", "rapidmarc")


@pytest.mark.parametrize("module", ["", *MODULES])
def test_dir_lists_every_name(module: str) -> None:
    _, ours = twin(module)
    late = {"isbn_regex", "logger", "record_to_xml_node"}
    assert sorted(set(public_names(module)) - set(dir(ours)) - late) == []


@pytest.mark.parametrize(("module", "name"), FUNCTIONS)
def test_function_takes_the_same_arguments(module: str, name: str) -> None:
    theirs, ours = (getattr(side, name) for side in twin(module))
    assert_same_arguments(theirs, ours)


@pytest.mark.parametrize(("module", "name"), CLASSES)
def test_class_is_called_with_the_same_arguments(module: str, name: str) -> None:
    theirs, ours = (getattr(side, name) for side in twin(module))
    if issubclass(theirs, Exception) and "__init__" not in vars(theirs):
        return
    assert_same_arguments(theirs, ours)


@pytest.mark.parametrize(("module", "name"), CLASSES)
def test_class_has_the_same_bases(module: str, name: str) -> None:
    theirs, ours = (getattr(side, name) for side in twin(module))
    # A native base bears the name of the class that it is for.
    family = list(dict.fromkeys(base.__name__ for base in ours.__mro__))
    expected = [base.__name__ for base in theirs.__mro__]
    assert [base for base in family if base in expected] == expected


MEMBERS = [
    (module, name, member)
    for module, name in CLASSES
    for member in dir(getattr(twin(module)[0], name))
    if not member.startswith("_")
]


@pytest.mark.parametrize(("module", "name", "member"), MEMBERS)
def test_member_exists_and_takes_the_same_arguments(module: str, name: str, member: str) -> None:
    theirs, ours = (getattr(getattr(side, name), member) for side in twin(module))
    assert callable(ours) == callable(theirs)
    if (name, member) in DIFFERING:
        assert arguments(ours) == arguments(getattr(rapidmarc, name).as_marc)
    elif inspect.isfunction(theirs) or inspect.ismethod(theirs):
        assert_same_arguments(theirs, ours)
        assert ours.__doc__, f"{name}.{member} has no docstring"


@pytest.mark.parametrize(("module", "name"), CLASSES)
def test_class_has_the_same_protocols(module: str, name: str) -> None:
    theirs, ours = (getattr(side, name) for side in twin(module))
    special = [
        n for n in vars(theirs) if re.fullmatch(r"__(?!slots|slotnames|dict|weakref)\w+__", n)
    ]
    ignored = {"__module__", "__doc__", "__annotations__", "__firstlineno__", "__orig_bases__"}
    ignored |= {"__static_attributes__", "__replace__", "__match_args__", "__parameters__"}
    assert [n for n in special if n not in ignored and not hasattr(ours, n)] == []


def instances(package: Any) -> dict[str, Any]:
    field = package.Field("245", subfields=[package.Subfield("a", "x")])
    return {
        "Record": package.Record(fields=[field]),
        "Field": field,
        "RawField": package.RawField("001", data=b"1"),
        "Leader": package.Leader(" " * 24),
        "MARCReader": package.MARCReader(io.BytesIO(b"")),
        "JSONReader": package.JSONReader("[]"),
        "MARCMakerReader": package.MARCMakerReader("=001  1"),
        "JSONHandler": package.JSONHandler(),
        "XmlHandler": package.XmlHandler(),
        "MARCWriter": package.MARCWriter(io.BytesIO()),
        "JSONWriter": package.JSONWriter(io.StringIO()),
        "TextWriter": package.TextWriter(io.StringIO()),
        "XMLWriter": package.XMLWriter(io.BytesIO()),
        "MARC8ToUnicode": package.MARC8ToUnicode(),
    }


THEIRS, OURS = instances(pymarc), instances(rapidmarc)


@pytest.mark.parametrize("name", THEIRS)
def test_instances_have_the_same_attributes(name: str) -> None:
    expected = {attribute for attribute in dir(THEIRS[name]) if not attribute.startswith("_")}
    assert sorted(expected - set(dir(OURS[name])) - WORKINGS) == []


def test_native_methods_take_their_arguments_by_name() -> None:
    field = rapidmarc.Field(
        tag="245", indicators=rapidmarc.Indicators("1", "0"), subfields=[], data=None
    )
    field.add_subfield(code="a", value="x", pos=None)
    assert field.get(code="a", default="y") == "x"
    assert field.as_marc(encoding="utf-8") == b"10\x1fax\x1e"
    assert field.delete_subfield(code="a") == "x"
    assert field.convert_legacy_subfields(subfields=["a", "x"]) == [("a", "x")]
    record = rapidmarc.Record(
        data="",
        fields=[field],
        to_unicode=True,
        force_utf8=False,
        hide_utf8_warnings=False,
        utf8_handling="strict",
        leader=" " * 24,
        file_encoding="iso8859-1",
    )
    assert record.get(tag="245", default=None) is field
    assert record.get_linked_fields(field=field) == []
    again = rapidmarc.Record()
    again.decode_marc(
        marc=record.as_marc(),
        to_unicode=True,
        force_utf8=False,
        hide_utf8_warnings=False,
        utf8_handling="strict",
        encoding="iso8859-1",
    )
    assert again["245"].indicators == ("1", "0")
    reader = rapidmarc.MARCReader(
        marc_target=record.as_marc(),
        to_unicode=True,
        force_utf8=False,
        hide_utf8_warnings=False,
        utf8_handling="strict",
        file_encoding="iso8859-1",
        permissive=False,
    )
    [only] = reader
    assert only is not None
    assert only["245"].tag == "245"
