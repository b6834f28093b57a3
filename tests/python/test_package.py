"""What `import rapidmarc` brings and what it leaves for later."""

import doctest
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import rapidmarc
from tests.parity.run_pymarc_suite import MODULES

# Modules beyond pymarc's whose docstrings have examples.
PYTHON_PARTS = (
    *("._field_methods", "._record_methods", "._marcreader", "._index", "._ranges"),
    *(".checks", ".columns", ".conversion", ".inputs"),
)
ROOT = Path(__file__).resolve().parents[2]
# Names of pymarc's interface that programs get with a star-import.
STAR = [
    "Record",
    "map_marc8_record",
    "normalize_subfield_code",
    "Field",
    "Subfield",
    "Indicators",
    "RawField",
    "map_marc8_field",
    "PymarcException",
    "FatalReaderError",
    "RecordLengthInvalid",
    "TruncatedRecord",
    "EndOfRecordNotFound",
    "RecordLeaderInvalid",
    "RecordDirectoryInvalid",
    "NoFieldsFound",
    "BaseAddressInvalid",
    "BaseAddressNotFound",
    "WriteNeedsRecord",
    "NoActiveFile",
    "BadLeaderValue",
    "MissingLinkedFields",
    "JSONHandler",
    "parse_json_to_array",
    "XmlHandler",
    "parse_xml",
    "map_xml",
    "parse_xml_to_array",
    "record_to_xml",
    "record_to_xml_node",
    "Reader",
    "MARCReader",
    "MARCMakerReader",
    "map_records",
    "JSONReader",
    "Writer",
    "JSONWriter",
    "MARCWriter",
    "TextWriter",
    "XMLWriter",
    "MARC8ToUnicode",
    "marc8_to_unicode",
    "Leader",
    "LEADER_LEN",
    "DIRECTORY_ENTRY_LEN",
    "SUBFIELD_INDICATOR",
    "END_OF_FIELD",
    "END_OF_RECORD",
    "FieldNotFound",
    "BadSubfieldCodeWarning",
    "MARC_XML_NS",
    "MARC_XML_SCHEMA",
    "XSI_NS",
    "isbn_regex",
    "logger",
]


def in_fresh_interpreter(program: str) -> Any:
    """What a program prints as JSON when nothing was imported before it."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def test_star_import_brings_every_public_name() -> None:
    namespace: dict[str, Any] = {}
    exec("from rapidmarc import *", namespace)
    assert [name for name in STAR if name not in namespace] == []
    assert len(STAR) == 48 + 7


def test_every_listed_name_exists() -> None:
    assert [name for name in rapidmarc.__all__ if not hasattr(rapidmarc, name)] == []
    assert len(rapidmarc.__all__) == len(set(rapidmarc.__all__))
    assert [name for name in rapidmarc.__all__ if name not in dir(rapidmarc)] == []


def test_import_loads_no_third_party_module_and_nothing_that_few_programs_need() -> None:
    loaded = in_fresh_interpreter(
        "import sys; before = set(sys.modules); import rapidmarc\n"
        "new = sorted(set(sys.modules) - before)\n"
        "import json; print(json.dumps(new))"
    )
    tops = {name.partition(".")[0] for name in loaded}
    assert "rapidmarc" in tops
    assert sorted(tops - set(sys.stdlib_module_names) - {"rapidmarc"}) == []
    late = {"json", "xml", "logging", "unicodedata", "importlib.metadata", "asyncio"}
    assert sorted(late & set(loaded)) == []
    assert "rapidmarc.marc8_mapping" not in loaded


@pytest.mark.parametrize("module", MODULES)
def test_submodules_are_reached_through_the_package(module: str) -> None:
    name = in_fresh_interpreter(
        f"import json, rapidmarc; print(json.dumps(rapidmarc.{module}.__name__))"
    )
    assert name == f"rapidmarc.{module}"


@pytest.mark.parametrize("module", [*MODULES, "_core", "_values"])
def test_each_module_can_be_the_first_to_be_imported(module: str) -> None:
    program = f"import rapidmarc.{module} as m, json; print(json.dumps(m.__name__))"
    assert in_fresh_interpreter(program) == f"rapidmarc.{module}"


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'MARCWreader'"):
        rapidmarc.MARCWreader  # noqa: B018
    assert not hasattr(importlib.import_module("rapidmarc.field"), "loger")
    assert not hasattr(importlib.import_module("rapidmarc.record"), "loger")
    assert not hasattr(importlib.import_module("rapidmarc.writer"), "record_to_xlm_node")


def test_the_logger_is_pymarcs_and_one_only() -> None:
    field, record = (importlib.import_module(f"rapidmarc.{name}") for name in ("field", "record"))
    assert rapidmarc.logger.name == "pymarc"
    assert rapidmarc.logger is field.logger is record.logger


def test_classes_name_their_public_home() -> None:
    homes = {
        "Field": "field",
        "RawField": "field",
        "Subfield": "field",
        "Indicators": "field",
        "Leader": "leader",
        "Record": "record",
        "Reader": "reader",
        "MARCReader": "reader",
        "JSONReader": "reader",
        "MARCWriter": "writer",
        "XmlHandler": "marcxml",
    }
    found = {name: getattr(rapidmarc, name).__module__ for name in homes}
    assert found == {name: f"rapidmarc.{home}" for name, home in homes.items()}


@pytest.mark.checkout
def test_the_project_file_takes_the_version_from_the_package() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    assert 'dynamic = ["version"]' in lines
    assert 'input = "impl/rapidmarc/_version.py"' in lines
    assert re.fullmatch(r"\d+\.\d+\.\d+", rapidmarc.__version__)


def examples() -> dict[str, doctest.DocTest]:
    """The examples in docstrings, native ones too, by the name of their owner."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = {}
    for name in ("", "._values", *PYTHON_PARTS, *(f".{module}" for module in MODULES)):
        module = importlib.import_module(f"rapidmarc{name}")
        # What a reader of the documentation has imported.
        names = {**vars(rapidmarc), **vars(module)}
        names.pop("open", None)  # in the examples it is Python's own
        for test in finder.find(module, extraglobs=names):
            if test.examples:
                found[test.name] = test
    return found


EXAMPLES = examples()


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_in_docstrings_are_right(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = (ROOT / "tests" / "data" / "wellformed" / "one.mrc").read_bytes()
    Path("books.mrc").write_bytes(data)
    for record in rapidmarc.MARCReader(data):
        assert record is not None
        Path("books.xml").write_bytes(rapidmarc.record_to_xml(record))
        Path("books.json").write_text(record.as_json(), encoding="ascii")
    assert doctest.DocTestRunner().run(EXAMPLES[name]).failed == 0


def test_what_programs_use_most_has_an_example() -> None:
    owners = {name.rsplit(".", 1)[-1] for name in EXAMPLES}
    public = {name for name in rapidmarc.__all__ if callable(getattr(rapidmarc, name))}
    errors = {
        name
        for name in public
        if isinstance(getattr(rapidmarc, name), type)
        and issubclass(getattr(rapidmarc, name), Exception)
    }
    assert public - errors - owners <= {"Reader", "Writer", "MARC8ToUnicode"}


def test_the_package_is_typed() -> None:
    package = Path(rapidmarc.__file__).parent
    assert (package / "py.typed").exists()
    assert (package / "_core.pyi").exists()
