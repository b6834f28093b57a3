"""Inputs are what the catalog says, whether they were fetched or made."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import unicodedata
from pathlib import Path
from typing import Any

import pymarc
import pytest

from harness import corpora
from harness.corpora import CorpusError, catalog, fetch, generate, marc8, marcxml
from harness.corpora.catalog import SPECS


def made(kind: str, records: int = 200, seed: int = 5) -> bytes:
    file = io.BytesIO()
    generate.write(file, kind, records, seed)
    return file.getvalue()


def parsed(data: bytes) -> list[Any]:
    return list(pymarc.MARCReader(data))


class TestGenerator:
    @pytest.mark.parametrize("kind", ["mixed", "latin", "cyrillic", "cjk", "arabic", "lengths"])
    def test_records_are_well_formed(self, kind: str) -> None:
        data = made(kind)
        found = parsed(data)
        assert len(found) == 200
        assert None not in found
        assert b"".join(record.as_marc() for record in found) == data

    def test_the_same_seed_gives_the_same_bytes(self) -> None:
        assert made("mixed") == made("mixed")
        assert made("mixed", seed=6) != made("mixed")

    def test_the_catalogued_bytes_are_made_on_every_host(self) -> None:
        spec = SPECS["generated-small"]
        corpus = corpora.get("generated-small")
        assert (corpus.bytes, corpus.sha256) == (spec.bytes, spec.sha256)
        assert made(spec.kind, spec.records, spec.seed) == corpus.path.read_bytes()

    def test_sizes_are_like_those_of_a_library(self) -> None:
        found = parsed(made("mixed", 500))
        sizes = [len(record.as_marc()) for record in found]
        fields = [len(record.fields) for record in found]
        assert 700 < sum(sizes) / 500 < 1400
        assert 15 < sum(fields) / 500 < 26

    def test_lengths_reach_from_short_to_long(self) -> None:
        sizes = [len(record.as_marc()) for record in parsed(made("lengths", 1000))]
        assert min(sizes) < 400
        assert max(sizes) > 40_000
        assert max(sizes) <= generate.LONGEST_RECORD

    @pytest.mark.parametrize(
        ("kind", "name"),
        [("cyrillic", "CYRILLIC"), ("cjk", "CJK|HIRAGANA|KATAKANA"), ("arabic", "ARABIC")],
    )
    def test_titles_are_in_their_script(self, kind: str, name: str) -> None:
        for record in parsed(made(kind, 20)):
            names = [unicodedata.name(letter, "") for letter in record["245"]["a"]]
            assert any(re.match(name, found) for found in names)

    @pytest.mark.parametrize(
        ("kind", "least", "most"), [("short", 0, 900), ("long", 12_000, 99_999)]
    )
    def test_a_kind_of_length_holds_for_every_record(
        self, kind: str, least: int, most: int
    ) -> None:
        sizes = [len(record.as_marc()) for record in parsed(made(kind, 50))]
        assert least < min(sizes)
        assert max(sizes) <= most

    def test_marc8_is_what_pymarc_reads_as_the_same_scripts(self) -> None:
        data = made("marc8", 300)
        found = parsed(data)
        assert b"\x1b(N" in data
        assert b"\x1b$1" in data
        assert None not in found
        text = "".join(record["245"]["a"] for record in found)
        for name in ("LATIN", "CYRILLIC", "ARABIC", "HIRAGANA|KATAKANA"):
            assert any(re.match(name, unicodedata.name(letter, "")) for letter in text)
        assert "\ufffd" not in text

    def test_marc8_puts_diacritics_before_their_letter(self) -> None:
        assert marc8.encode("e\u0301ø") == b"\xe2e\xb2"
        assert marc8.encode("да :") == b"\x1b(NDA\x1b(B :"
        with pytest.raises(ValueError, match="no MARC-8"):
            marc8.encode("漢")

    def test_one_record_in_ten_is_damaged_and_none_is_lost(self) -> None:
        found = parsed(made("damaged", 1000))
        assert len(found) == 1000
        assert 20 < found.count(None) < 120

    def test_every_tenth_record_is_that_of_the_whole(self) -> None:
        file = io.BytesIO()
        generate.write(file, "mixed", 20, 5, every=10)
        whole = [record.as_marc() for record in parsed(made("mixed"))]
        assert [record.as_marc() for record in parsed(file.getvalue())] == whole[::10]

    def test_marcxml_holds_the_same_records(self) -> None:
        file = io.BytesIO(made("mixed", 30))
        data = file.getvalue()
        marcxml.replace(file)
        file.seek(0)
        found = pymarc.parse_xml_to_array(file)
        assert b"".join(record.as_marc() for record in found) == data

    def test_diacritics_follow_their_letter(self) -> None:
        text = made("latin").decode("utf-8")
        assert any(unicodedata.combining(letter) for letter in text)

    def test_a_large_corpus_repeats_its_first_records(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(generate, "DISTINCT", 30)
        data = made("mixed", 75)
        assert len(parsed(data)) == 75
        assert data.startswith(made("mixed", 30) * 2)

    def test_a_field_that_does_not_fit_is_left_out(self) -> None:
        data = generate.assemble([("001", "x"), ("500", "  " + "a" * 20_000), ("245", "00\x1faT")])
        (record,) = parsed(data)
        assert [field.tag for field in record.fields] == ["001", "245"]


class TestCatalog:
    def test_every_corpus_has_a_size_and_a_hash(self) -> None:
        for spec in SPECS.values():
            assert spec.bytes > 0
            assert len(spec.sha256) == 64

    def test_the_real_ones_have_the_sizes_of_the_sweep_and_stand_ins(self) -> None:
        real = {s.name: s for s in SPECS.values() if s.kind == "loc"}
        assert {n: s.records for n, s in real.items()} == {
            "loc-small": 1_000,
            "loc-medium": 10_000,
            "loc-fifth": 50_000,
            "loc-fifth-tenth": 5_000,
            "loc-fifth-marcxml": 50_000,
            "loc-fifth-tenth-marcxml": 5_000,
            "loc-half": 125_000,
            "loc-large": 250_000,
        }
        for spec in real.values():
            stand_in = SPECS[spec.stand_in]
            assert stand_in.marcxml == spec.marcxml
            assert stand_in.records >= min(spec.records, 10_000)


class TestCache:
    def test_a_changed_file_is_noticed(self, tmp_path: Path) -> None:
        path = corpora.get("generated-small", tmp_path).path
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(CorpusError, match="expected bc21eed0"):
            corpora.get("generated-small", tmp_path)

    def test_an_unchanged_file_is_hashed_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        corpora.get("generated-small", tmp_path)
        monkeypatch.setattr(fetch, "sha256_of", lambda path: pytest.fail("hashed again"))
        assert corpora.get("generated-small", tmp_path).records == 1000

    def test_a_stand_in_keeps_its_own_name_and_says_why(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(folder: Path) -> Path:
            raise fetch.CannotFetch("no network")

        monkeypatch.setattr(fetch, "unpack", refuse)
        corpus, reason = corpora.get_or_stand_in("loc-small", tmp_path)
        assert corpus.name == "generated-small"
        assert reason == "loc-small: no network"
        with pytest.raises(CorpusError, match="no network"):
            corpora.get("loc-small", tmp_path)


class TestFetching:
    def package(self, folder: Path, *names: str) -> str:
        with tarfile.open(folder / catalog.PACKAGE_FILE, "w:gz") as archive:
            for name in names:
                content = f"content of {name}".encode()
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return fetch.sha256_of(folder / catalog.PACKAGE_FILE)

    def test_the_record_file_and_the_tests_are_unpacked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        test = f"{catalog.TESTS}test_reader.py"
        found = self.package(tmp_path, catalog.MEMBER, test, "pymarc-5.4.0/setup.py")
        monkeypatch.setattr(fetch, "PACKAGE_SHA256", found)
        assert fetch.unpack(tmp_path).read_text() == f"content of {catalog.MEMBER}"
        assert (tmp_path / test).exists()
        assert not (tmp_path / "pymarc-5.4.0" / "setup.py").exists()

    def test_a_path_that_leaves_the_folder_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "inner"
        folder.mkdir()
        found = self.package(folder, f"{catalog.TESTS}../../../outside")
        monkeypatch.setattr(fetch, "PACKAGE_SHA256", found)
        with pytest.raises(fetch.CannotFetch, match="outside"):
            fetch.unpack(folder)
        assert not (tmp_path / "outside").exists()

    def test_another_hash_is_refused_and_the_file_removed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def pip(command: list[str], **settings: Any) -> subprocess.CompletedProcess[str]:
            assert command[-1] == "pymarc==5.4.0"
            self.package(tmp_path, "other")
            return subprocess.CompletedProcess(command, 0, "", "")

        monkeypatch.setattr(subprocess, "run", pip)
        with pytest.raises(fetch.CannotFetch, match="expected"):
            fetch.package(tmp_path)
        assert not (tmp_path / catalog.PACKAGE_FILE).exists()

    def test_what_pip_says_is_the_reason(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def pip(command: list[str], **settings: Any) -> subprocess.CompletedProcess[str]:
            return subprocess.CompletedProcess(command, 1, "", "No matching distribution")

        monkeypatch.setattr(subprocess, "run", pip)
        with pytest.raises(fetch.CannotFetch, match="No matching distribution"):
            fetch.package(tmp_path)

    def test_first_records_are_cut_at_a_boundary(self, tmp_path: Path) -> None:
        whole = made("lengths", 20)
        (tmp_path / "all").write_bytes(whole)
        some = io.BytesIO()
        fetch.first_records(tmp_path / "all", some, 7)
        assert whole.startswith(some.getvalue())
        assert some.getvalue().count(b"\x1d") == 7
        with pytest.raises(fetch.CannotFetch, match="fewer than 21"):
            fetch.first_records(tmp_path / "all", io.BytesIO(), 21)
        tenth = io.BytesIO()
        fetch.first_records(tmp_path / "all", tenth, 2, every=10)
        records = [record.as_marc() for record in parsed(whole)]
        assert tenth.getvalue() == records[0] + records[10]


def test_command_makes_what_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    from harness.corpora.__main__ import main

    assert main(["generated-small"]) == 0
    assert "1000 records" in capsys.readouterr().out
    assert main(["generated-tiny"]) == 64
