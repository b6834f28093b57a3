"""Outputs are compared record by record, and nothing that differs passes for the same."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from harness import results
from harness import verify as module
from harness.corpora import Corpus, get
from harness.digest import STRIDE, CanonicalRecord, digest, first_difference, record_bytes
from harness.engines.protocol import Answer, Job
from harness.engines.whole_process import WholeProcess
from harness.engines.yaz_marcdump import YazMarcdump
from harness.evidence import check_output
from harness.model import Verification
from harness.processes import WorkerFailed
from harness.verify import Check, DigestCache, checks, shaping, verify

LEADER = "00000cam a2200000 a 4500"
FIELDS = (("001", "x"), ("245", "1", "0", (("a", "T"), ("b", "U"))))
BASE: CanonicalRecord = (LEADER, FIELDS)
FAKES = ("fake/steady", "fake/twin", "fake/wrong", "fake/miscount", "fake/crash")
VERSIONS = dict.fromkeys((*FAKES, "pymarc"), "1")


@pytest.fixture(scope="module")
def small() -> Corpus:
    return get("generated-small")


def check(engine: str, reference: str = "fake/steady") -> Check:
    return Check("generated-small", engine, "open", "auto", 1, reference)


def lines_of(small: Corpus, *engines: str, **settings: Any) -> list[dict[str, Any]]:
    wanted = [check(engine) for engine in engines]
    settings.setdefault("cache", DigestCache(None))
    return verify(wanted, {"generated-small": small}, VERSIONS, **settings)


class TestDigest:
    @pytest.mark.parametrize(
        "other",
        [
            (LEADER.replace("cam", "cas"), FIELDS),
            (LEADER, (("003", "x"), FIELDS[1])),
            (LEADER, (("001", "y"), FIELDS[1])),
            (LEADER, (("001", "x"), ("245", "0", "0", (("a", "T"), ("b", "U"))))),
            (LEADER, (("001", "x"), ("245", "1", "1", (("a", "T"), ("b", "U"))))),
            (LEADER, (("001", "x"), ("245", "1", "0", (("c", "T"), ("b", "U"))))),
            (LEADER, (("001", "x"), ("245", "1", "0", (("a", "T"), ("b", "V"))))),
            (LEADER, (("001", "x"), ("245", "1", "0", (("b", "U"), ("a", "T"))))),
            (LEADER, (FIELDS[1], ("001", "x"))),
            (LEADER, (("001", "x"),)),
            ("error", "RecordLengthInvalid"),
        ],
    )
    def test_every_part_of_a_record_and_its_order_counts(self, other: CanonicalRecord) -> None:
        assert digest([other]).value != digest([BASE]).value

    def test_no_text_can_imitate_a_boundary(self) -> None:
        one: CanonicalRecord = (LEADER, (("245", "1", "0", (("a", "T1:S1:bV1:U"),)),))
        two: CanonicalRecord = (LEADER, (("245", "1", "0", (("a", "T"), ("b", "U"))),))
        assert record_bytes(one) != record_bytes(two)
        control: CanonicalRecord = (LEADER, (("001", "a"), ("003", "b")))
        joined: CanonicalRecord = (LEADER, (("001", "aT3:003C1:b"),))
        assert record_bytes(control) != record_bytes(joined)

    def test_records_are_not_only_counted_together(self) -> None:
        assert digest([BASE, BASE]).value != digest([BASE]).value
        assert digest([BASE, BASE]).records == 2

    def test_what_cannot_be_encoded_is_still_a_text(self) -> None:
        assert digest([(LEADER, (("001", "\udcff"),))]).records == 1

    def test_the_first_difference_is_found(self) -> None:
        def records(odd: int | None) -> Iterable[CanonicalRecord]:
            for number in range(5 * STRIDE):
                yield BASE if number != odd else (LEADER, ())

        straight = digest(records(None)).marks
        crooked = digest(records(2 * STRIDE + 7)).marks
        assert first_difference(straight, crooked) == (2 * STRIDE + 1, 3 * STRIDE)
        assert first_difference(straight, straight[: len(straight) // 5]) == (
            STRIDE + 1,
            2 * STRIDE,
        )


class TestComparing:
    def test_the_same_records_agree(self, small: Corpus) -> None:
        (line,) = lines_of(small, "fake/twin")
        assert (line["agrees"], line["ranked"], line["finding"]) == (True, True, None)
        assert line["records"] == small.records
        assert line["digest"] == line["reference_digest"]

    def test_other_text_is_told_and_not_ranked(self, small: Corpus) -> None:
        (line,) = lines_of(small, "fake/wrong")
        assert (line["agrees"], line["ranked"]) == (False, False)
        assert "first within records 1 to 100" in line["finding"]

    def test_a_lost_record_is_told_by_count(self, small: Corpus) -> None:
        (line,) = lines_of(small, "fake/miscount")
        assert not line["agrees"]
        assert line["finding"] == "999 records, fake/steady gives 1,000"

    def test_an_engine_that_dies_is_wrong_not_absent(self, small: Corpus) -> None:
        (line,) = lines_of(small, "fake/crash")
        assert not line["agrees"]
        assert "ended with code 9" in line["finding"]

    def test_a_failing_take_is_told(self, small: Corpus) -> None:
        def take(job: Job) -> Answer:
            if job["engine"] == "fake/twin":
                raise WorkerFailed("no luck")
            return {"records": 1, "digest": "d", "marks": ""}

        (line,) = lines_of(small, "fake/twin", take=take)
        assert line["finding"] == "no luck"

    @pytest.mark.parametrize(
        "failure",
        [
            subprocess.CalledProcessError(2, "yaz-marcdump"),
            subprocess.TimeoutExpired("yaz-marcdump", 600),
            FileNotFoundError("yaz-marcdump"),
            TypeError("it knows bytes, not records"),
            ValueError("invalid literal for int"),
        ],
    )
    def test_a_program_that_fails_is_wrong_and_the_others_go_on(
        self, failure: Exception, small: Corpus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def count(self: YazMarcdump, file: str) -> int:
            raise failure

        monkeypatch.setattr(YazMarcdump, "count", count)
        wanted = [Check("generated-small", "yaz-marcdump", "path", "auto", 1, "fake/steady")]
        wanted.append(check("fake/twin"))
        versions = {**VERSIONS, "yaz-marcdump": "1"}
        cache = DigestCache(None)
        failed, other = verify(wanted, {"generated-small": small}, versions, cache=cache)
        assert (failed["agrees"], failed["finding"]) == (False, str(failure))
        assert other["agrees"]

    def test_a_reference_that_fails_is_a_finding_and_nothing_is_compared_with_it(
        self, small: Corpus
    ) -> None:
        wanted = [check("fake/twin", "fake/crash"), check("fake/steady", "fake/crash")]
        wanted.append(check("fake/twin"))
        lines = verify(wanted, {"generated-small": small}, VERSIONS, cache=DigestCache(None))
        assert [line["engine"] for line in lines] == ["fake/crash", "fake/twin"]
        assert lines[0]["finding"].startswith("no reference: fake/crash ended with code 9")
        assert [line["agrees"] for line in lines] == [False, True]
        for line in lines:
            results.check(line)
        finding = check_output(lines, ["fake/steady"], ["generated-small"], "fake/crash")
        assert finding.missing and not finding.wrong

    def test_a_reference_is_read_from_a_source_that_it_takes(self, small: Corpus) -> None:
        asked: list[str] = []

        def take(job: Job) -> Answer:
            asked.append(job["source"])
            return {"records": 1, "digest": "d", "marks": ""}

        versions = {**VERSIONS, "rapidmarc/native": "1"}
        wanted = [check("fake/twin", "rapidmarc/native")]
        cache = DigestCache(None)
        verify(wanted, {"generated-small": small}, versions, cache=cache, take=take)
        assert asked == ["path", "open"]

    def test_without_a_reference_nothing_agrees_by_default(self, small: Corpus) -> None:
        wanted = [check("fake/twin", reference="rapidmarc/absent")]
        assert verify(wanted, {"generated-small": small}, VERSIONS, cache=DigestCache(None)) == []

    def test_lines_are_noted_as_they_come(self, small: Corpus) -> None:
        noted: list[dict[str, Any]] = []
        lines = lines_of(small, "fake/twin", "fake/wrong", note=noted.append, at_once=2)
        assert noted == lines
        assert [line["engine"] for line in lines] == ["fake/twin", "fake/wrong"]


class TestCache:
    def take(self, calls: list[str]) -> Any:
        def run(job: Job) -> Answer:
            calls.append(job["engine"])
            return {"records": 1, "digest": "d", "marks": ""}

        return run

    def test_a_peers_digest_is_taken_once_for_a_version_and_a_corpus(
        self, tmp_path: Path, small: Corpus
    ) -> None:
        calls: list[str] = []
        file = tmp_path / "digests.json"
        for version in ("5.4.0", "5.4.0", "5.5.0"):
            verify(
                [check("pymarc", "pymarc")],
                {"generated-small": small},
                {"pymarc": version},
                cache=DigestCache(file),
                take=self.take(calls),
            )
        assert calls == ["pymarc", "pymarc"]
        assert len(json.loads(file.read_text())) == 2

    def test_a_peers_digest_is_taken_anew_when_our_code_makes_another_of_it(
        self, tmp_path: Path, small: Corpus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[str] = []
        code = tmp_path / "digest.py"
        monkeypatch.setattr(module, "SHAPING", (code,))
        for text in ("one", "one", "another"):
            code.write_text(text)
            shaping.cache_clear()
            verify(
                [check("pymarc", "pymarc")],
                {"generated-small": small},
                {"pymarc": "5.4.0"},
                cache=DigestCache(tmp_path / "digests.json"),
                take=self.take(calls),
            )
        shaping.cache_clear()
        assert calls == ["pymarc", "pymarc"]

    def test_what_shapes_records_is_part_of_the_key(self) -> None:
        assert {file.name for file in module.SHAPING} > {"digest.py", "pymarc_shape.py"}
        assert all(file.exists() for file in module.SHAPING)
        assert shaping("mrrc") != shaping("pymarc")  # each has canonical records of its own

    @pytest.mark.parametrize("name", ["rapidmarc/native", "processes/rapidmarc"])
    def test_our_own_are_always_taken_anew(self, name: str, tmp_path: Path, small: Corpus) -> None:
        calls: list[str] = []
        versions = {"pymarc": "5.4.0", name: "1"}
        wanted = [Check("generated-small", name, "path", "auto", 2, "pymarc")]
        for _ in range(2):
            verify(
                wanted,
                {"generated-small": small},
                versions,
                cache=DigestCache(tmp_path / "digests.json"),
                take=self.take(calls),
            )
        assert calls.count(name) == 2
        assert calls.count("pymarc") == 1

    @pytest.mark.parametrize("name", ["whole-process/rapidmarc", "whole-process/rapidmarc-count"])
    def test_our_own_programs_count_anew(
        self, name: str, tmp_path: Path, small: Corpus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counts = iter([small.records, small.records - 1])
        monkeypatch.setattr(WholeProcess, "count", lambda self, file: next(counts))
        found = [
            verify(
                [Check("generated-small", name, "path", "auto", 1, "fake/steady")],
                {"generated-small": small},
                {**VERSIONS, name: "0.1.0"},
                cache=DigestCache(tmp_path / "digests.json"),
            )[0]["agrees"]
            for _ in range(2)
        ]
        assert found == [True, False]


class TestChecks:
    def test_each_engine_is_asked_for_what_it_can_do(self) -> None:
        wanted = Verification(
            "x",
            ("loc-small",),
            ("rapidmarc/batched", "rapidmarc/native", "pymarc"),
            "pymarc",
            source=("open", "bytesio"),
            batch_size=(1, "auto"),
            threads=(1, 2),
        )
        found = {(c.engine, c.source, c.batch_size, c.threads) for c in checks([wanted])}
        batched = {("rapidmarc/batched", s, b, 1) for s in ("open", "bytesio") for b in (1, "auto")}
        native = {("rapidmarc/native", "path", b, t) for b in (1, "auto") for t in (1, 2)}
        pymarc = {("pymarc", s, "auto", 1) for s in ("open", "bytesio")}
        assert found == batched | native | pymarc

    def test_a_check_stands_once(self) -> None:
        wanted = Verification("x", ("loc-small",), ("pymarc",), "pymarc")
        assert len(checks([wanted, wanted])) == 1
