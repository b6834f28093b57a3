"""What a scenario file may say, and how it is told when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import SCENARIOS
from harness import scenario as scenario_module
from harness.corpora.catalog import NAMES as CORPUS_NAMES
from harness.corpora.catalog import SPECS
from harness.disks import PROFILES
from harness.engines import SOURCES, WORKLOADS, engine_names, is_ours
from harness.evidence import fits
from harness.inputs import broken_of, verifications_of
from harness.mistakes import ScenarioError
from harness.model import AXES, THREAD_KINDS, TIERS, WARMUPS, Scenario
from harness.plan import expand
from harness.scenario import COSTS, load, load_all, select
from harness.selectors import scaled
from harness.targets import FILES
from harness.verify import checks

from .measuring import GATE, SWEEP, TARGET, error_of, write_scenarios


def values(scenarios: list[Scenario], axis: str, prefix: str = "") -> set[object]:
    return {
        value
        for scenario in scenarios
        if scenario.name.startswith(prefix)
        for comparison in scenario.comparisons
        for group in comparison.groups
        for value in group.axes[axis]
    }


class TestShippedScenarios:
    def test_gates_come_in_their_order(self) -> None:
        gates = [s.gate.name for s in load_all() if s.gate is not None]
        assert gates == ["B", "C", "N", "H", "S"]

    def test_thresholds_are_those_of_the_claims(self) -> None:
        gates = {s.gate.name: s.gate for s in load_all() if s.gate is not None}
        assert gates["B"].threshold is None
        assert not gates["B"].required
        assert (gates["C"].threads, gates["C"].threshold) == (2, 1.8)
        assert (gates["H"].threads, gates["H"].threshold) == (4, 2.5)
        assert gates["N"].threshold == 1.0
        assert gates["N"].memory is not None

    def test_gate_c_decides_by_three_sources(self) -> None:
        gate = next(s for s in load_all() if s.name == "gates/c_batched")
        assert gate.gate is not None
        deciding = {e.comparison for e in gate.gate.estimates if e.role == "decides"}
        assert deciding == {"open", "bytesio", "custom"}
        assert values([gate], "source") == {"open", "bytesio", "custom"}
        assert values([gate], "corpus") == {"loc-large"}

    @pytest.mark.parametrize("kind", ["readers", "workers"])
    def test_threads_are_swept_for_each_kind(self, kind: str) -> None:
        found = [s for s in load_all() if s.name == f"sweep/threads_{kind}"]
        assert values(found, "threads") == {1, 2, 4, 8}
        assert values(found, "threads_kind") == {kind}

    def test_required_sweeps_exist(self) -> None:
        found = load_all()
        sizes = {1, 10, 50, 100, 200, 500, 1000, "auto"}
        assert values(found, "batch_size", "sweep/batch_size") == sizes
        files = {"loc-small", "loc-medium", "loc-large"}
        assert values(found, "corpus", "sweep/file_size") == files
        assert values(found, "disk", "sweep/disks") == set(PROFILES)
        assert values(found, "source", "sweep/sources") == set(SOURCES)

    def test_each_asks_one_question_and_says_in_one_sentence_what_it_teaches(self) -> None:
        for scenario in load_all():
            assert scenario.question.endswith("?")
            assert scenario.teaches.endswith(".")
            assert ". " not in scenario.teaches
            assert scenario.analysis

    def test_every_tier_has_a_scenario_and_says_what_belongs_there(self) -> None:
        assert {scenario.tier for scenario in load_all()} == set(TIERS)
        for tier in TIERS:
            assert (SCENARIOS / tier / "README.md").read_text("utf-8").startswith(f"# {tier}\n")

    def test_every_kind_of_record_and_work_is_swept(self) -> None:
        sweeps = load_all()
        assert values(sweeps, "workload", "sweep/") == set(WORKLOADS)
        lengths = {"generated-short", "generated-long", "generated-lengths"}
        assert values(sweeps, "corpus", "sweep/lengths") == lengths
        assert values(sweeps, "corpus", "sweep/batch_size_records") > lengths
        encodings = values(sweeps, "corpus", "sweep/encodings")
        assert encodings == {"generated-latin", "generated-marc8-tenth", "generated-damaged"}
        ours = {f"rapidmarc/{backend}" for backend in ("record", "batched", "native", "memory")}
        assert values(sweeps, "engine", "sweep/workloads") == ours | {"rapidmarc/columns"}

    def test_every_cell_of_the_shipped_scenarios_can_be(self) -> None:
        """A cell that no host can measure is a mistake in the file."""
        for scenario in load_all():
            for comparison in scenario.comparisons:
                _, bad = expand(comparison, 2)
                assert bad == []

    def test_every_engine_is_compared(self) -> None:
        compared = values(load_all(), "engine", "curated/")
        # Two of ours differ with broken records only; verify/faults and worst_cases have them.
        apart = {"ceiling", "rapidmarc/skip", "rapidmarc/salvage"}
        real = {n for n in engine_names() if not n.startswith("fake/")} - apart
        assert compared == real

    def test_every_engine_of_ours_that_is_measured_is_compared_with_the_reference(self) -> None:
        known = load_all()
        compared = {name for each in verifications_of(known) for name in each.engines}
        compared |= {name for each in broken_of(known) for name in each.engines}
        assert {str(name) for name in values(known, "engine") if is_ours(str(name))} <= compared

    def test_a_required_gate_compares_what_it_measures(self) -> None:
        """Its sources, on one worker and on as many as are claimed; a reader is one by itself."""
        for scenario in load_all():
            gate = scenario.gate
            if gate is None or not gate.required:
                continue
            done = {(c.engine, c.source, c.threads) for c in checks(verifications_of([scenario]))}
            claims = [e for e in gate.estimates if e.role == "decides"]
            measured = {
                (cell.engine, cell.source, cell.threads if cell.threads_kind == "workers" else 1)
                for comparison in scenario.comparisons
                for usable in {2, gate.threads}
                for cell in (each.cell for each in expand(comparison, usable)[0])
                if any(
                    claim.comparison == comparison.name
                    and any(
                        fits(cell.as_dict(), selector)
                        for selector in (
                            scaled(claim.numerator, gate.threads, usable),
                            *claim.denominator,
                        )
                    )
                    for claim in claims
                )
            }
            assert measured <= done, scenario.name

    def test_every_row_of_the_targets_is_compared_with_its_peers(self) -> None:
        found = {s.name: s for s in load_all() if s.targets}
        assert set(found) == set(FILES)
        rows = {
            (target.comparison, target.against): target.at_least
            for name in FILES[:2]
            for target in found[name].targets
            if target.against
        }
        assert rows["iterate", "pymarc"] == 400
        assert rows["marc8", "mrrc"] == 10
        assert {name for name, against in rows if against == "pymarc"} >= {
            "iterate", "title", "values", "subfields", "as_marc", "change", "marc8", "as_dict",
            "as_json", "marcxml",
        }  # fmt: skip

    def test_slower_engines_read_records_of_the_same_mean_size(self) -> None:
        for name in ("loc-fifth", "generated-marc8"):
            whole, tenth = SPECS[name], SPECS[f"{name}-tenth"]
            assert whole.records == tenth.records * tenth.every
            ratio = (whole.bytes / whole.records) / (tenth.bytes / tenth.records)
            assert abs(ratio - 1) < 0.01

    def test_format_describes_every_word(self) -> None:
        text = (Path(__file__).parents[2] / "scenarios" / "FORMAT.md").read_text("utf-8")
        keys = {
            name: getattr(scenario_module, name)
            for name in dir(scenario_module)
            if name.endswith("_KEYS")
        }
        words = {*SOURCES, *PROFILES, *WORKLOADS, *AXES, *COSTS, *THREAD_KINDS, *WARMUPS}
        for known in keys.values():
            words |= set(known) - {"cells", "defaults", "comparison", "gate", "verify", "target"}
        words -= {"estimate", "memory", "verification", "broken"}  # tables of their own
        assert {word for word in words if f"`{word}`" not in text} == set()
        assert {tier for tier in TIERS if f"`{tier}/`" not in text} == set()
        assert {
            name
            for name in CORPUS_NAMES
            if f"`{name}`" not in text
            and f"`-{name.removeprefix('generated-')}`" not in text
            and not (
                name.startswith("worst-")
                and f"`{name.removeprefix('worst-').rpartition('-')[0]}`" in text
            )
        } == set()


class TestReading:
    def test_defaults_reach_every_cell_and_the_nearest_wins(self, tmp_path: Path) -> None:
        text = SWEEP.replace('"sleep"', '"sleep"\nsource = "bytes"') + 'disk = "tmpfs"\n'
        write_scenarios(tmp_path, sweep__x=text)
        (group,) = load_all(tmp_path)[0].comparisons[0].groups
        assert group.axes["source"] == ("bytes",)
        assert group.axes["disk"] == ("tmpfs",)
        assert group.axes["corpus"] == ("generated-small",)
        assert group.axes["batch_size"] == ("auto",)
        assert group.passes == 1

    def test_a_set_of_engines_is_named_once(self, tmp_path: Path) -> None:
        write_scenarios(tmp_path, sweep__x=SWEEP.replace('["fake/steady", "fake/slow"]', '"@two"'))
        (tmp_path / "engines.toml").write_text('[sets]\ntwo = ["fake/steady", "pymarc"]\n')
        (group,) = load_all(tmp_path)[0].comparisons[0].groups
        assert group.axes["engine"] == ("fake/steady", "pymarc")

    def test_gate_is_given_to_the_judge_as_plain_values(self, tmp_path: Path) -> None:
        write_scenarios(tmp_path, gates__c=GATE)
        gate = load_all(tmp_path)[0].gate
        assert gate is not None
        plain = gate.as_dict()
        assert plain["estimates"][0]["threshold"] == 1.8
        assert plain["verification"]["engines"] == ("fake/twin",)

    def test_select_by_name_tier_and_gate(self, tmp_path: Path) -> None:
        known = load_all(write_scenarios(tmp_path, gates__c=GATE, sweep__x=SWEEP))
        assert [s.name for s in select(known, ["C"])] == ["gates/c"]
        assert [s.name for s in select(known, ["sweep"])] == ["sweep/x"]
        assert [s.name for s in select(known, ["sweep/*"])] == ["sweep/x"]
        assert [s.name for s in select(known, ["sweep/x", "gates", "C"])] == ["sweep/x", "gates/c"]
        with pytest.raises(ScenarioError, match="nearest valid word is 'sweep/x'"):
            select(known, ["sweep/y"])

    def test_two_gates_of_one_letter_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ScenarioError, match=r"'C' is already the gate of .*c\.toml"):
            load_all(write_scenarios(tmp_path, gates__c=GATE, gates__d=GATE))

    def test_folder_must_be_a_tier(self, tmp_path: Path) -> None:
        write_scenarios(tmp_path, sweeps__x=SWEEP)
        with pytest.raises(ScenarioError, match="nearest valid word is 'sweep'"):
            load(tmp_path / "sweeps" / "x.toml", tmp_path)


class TestMistakes:
    @pytest.mark.parametrize(
        ("wrong", "right", "line", "key", "word"),
        [
            ("passes = 1", "pases = 1", 7, "defaults.pases", "passes"),
            ('source = "open"', 'source = "opne"', 6, "comparison[0].cells[0].source", "open"),
            ('"generated-small"', '"generated-smal"', 5, "corpus", "generated-small"),
            ('"fake/slow"', '"fake/slwo"', 13, "comparison[0].cells[0].engine", "fake/slow"),
            ("[[comparison.cells]]", "[[comparison.cell]]", 12, "comparison[0].cell", "cells"),
            ('"sleep"', '"sleep"\nwarmup = "fulll"', 11, "warmup", "full"),
            ('"sleep"', '"sleep"\nthreads_kind = "reader"', 11, "threads_kind", "readers"),
        ],
    )
    def test_unknown_word_names_file_line_key_and_nearest(
        self, tmp_path: Path, wrong: str, right: str, line: int, key: str, word: str
    ) -> None:
        message = error_of(tmp_path, SWEEP.replace(wrong, right))
        assert f"sweep/x.toml:{line}: " in message
        assert key in message
        assert f"nearest valid word is '{word}'" in message

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('["fake/steady", "fake/slow"]', "[]", "empty"),
            ('[[comparison.cells]]\nengine = ["fake/steady", "fake/slow"]', "", "empty"),
            ('question = "Does the fake engine sleep?"', "", "a text is needed"),
            ("passes = 1", "passes = 0", "at least 1"),
            ("passes = 1", "threads = true", "whole number"),
            ('source = "open"\n', "", "is missing"),
            ('question = "Does', 'question = Does"', "TOML"),
        ],
    )
    def test_what_cannot_be_meant_is_an_error(
        self, tmp_path: Path, old: str, new: str, said: str
    ) -> None:
        assert old in SWEEP
        assert said in error_of(tmp_path, SWEEP.replace(old, new))

    def test_the_line_is_that_of_the_table_meant(self, tmp_path: Path) -> None:
        again = SWEEP[SWEEP.index("[[comparison]]") :].replace('"sleep"', '"again"')
        text = SWEEP + again.replace("fake/slow", "fake/slwo")
        assert "sweep/x.toml:18: comparison[1].cells[0].engine" in error_of(tmp_path, text)

    def test_a_text_of_several_lines_is_no_table(self, tmp_path: Path) -> None:
        text = SWEEP.replace("[defaults]", 'analysis = """\n[defaults]\npasses = 2"""\n[defaults]')
        assert "sweep/x.toml:10: " in error_of(tmp_path, text.replace("passes = 1", "passes = 0"))

    def test_a_set_of_engines_is_checked_where_it_stands(self, tmp_path: Path) -> None:
        (tmp_path / "engines.toml").write_text('[sets]\ntwo = ["fake/stedy"]\n')
        message = error_of(tmp_path, SWEEP)
        assert "engines.toml:2: sets.two: unknown 'fake/stedy'" in message

    def test_a_comparison_stands_once(self, tmp_path: Path) -> None:
        again = SWEEP[SWEEP.index("[[comparison]]") :]
        assert "stands twice" in error_of(tmp_path, SWEEP + again)

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("threshold = 1.8\n", "", "needs a threshold"),
            ("looks = [20, 40]", "looks = [40, 20]", "must grow"),
            ("threshold = 1.8\n", "threshold = 2.1\n", "more than the 2 threads"),
            ("threshold = 1.8\n", "threshold = 2.1\n", "gate.threshold: 2.1 is more"),
            (
                "denominator = [",
                "threshold = 3\ndenominator = [",
                "estimate[0].threshold: 3 is more",
            ),
            ("threads = 2 }", 'threads = 2, source = "bytes" }', "is not in comparison"),
            ('comparison = "scaling"', 'comparison = "scalling"', "nearest valid word"),
            (
                GATE[GATE.index("[[gate.estimate]]") : GATE.index("[gate.ver")],
                "",
                "decides nothing",
            ),
            (GATE[GATE.index("[gate.verification]") :], "", "must name outputs"),
            (GATE[GATE.index("[gate]") :], "", "needs a [gate] table"),
            ('denominator = [{ engine = "fake/steady", threads = 1 }]', "", "no cell to compare"),
            ('sanitizer = ["C"]', 'sanitizer = ["X"]', "gate.sanitizer"),
        ],
    )
    def test_a_gate_that_decides_nothing_is_an_error(
        self, tmp_path: Path, old: str, new: str, said: str
    ) -> None:
        assert old in GATE
        assert said in error_of(tmp_path, GATE.replace(old, new), "gates__c")

    def test_memory_needs_two_sizes(self, tmp_path: Path) -> None:
        memory = (
            '[gate.memory]\ncomparison = "scaling"\ncorpora = ["loc-large"]\n'
            "most_growth_per_byte = 0.1\n"
        )
        assert "two sizes" in error_of(tmp_path, GATE + memory, "gates__c")

    def test_outputs_are_compared_on_a_number_of_threads_not_on_a_word(
        self, tmp_path: Path
    ) -> None:
        checked = GATE.replace("[gate.verification]", '[gate.verification]\nthreads = "usable"')
        assert "gate.verification.threads" in error_of(tmp_path, checked, "gates__c")


class TestTargets:
    def test_a_target_is_read_with_its_scenario(self, tmp_path: Path) -> None:
        write_scenarios(tmp_path, sweep__x=SWEEP + TARGET)
        (target,) = load_all(tmp_path)[0].targets
        assert (target.work, target.at_least, target.at_most) == ("sleep", 1.05, None)

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("at_least = 1.05", "", "at_least or at_most"),
            ("at_least = 1.05", "at_least = 1\nat_most = 2", "at_least or at_most"),
            ("at_least = 1.05", "at_leats = 1.05", "nearest valid word is 'at_least'"),
            ("at_least = 1.05", "at_least = true", "is not a number"),
            ('denominator = { engine = "fake/slow" }', "", "a denominator or a figure"),
            ('{ engine = "fake/slow" }', '{ engine = "pymarc" }', "is not in comparison"),
            ('comparison = "sleep"\nnum', 'comparison = "sleeep"\nnum', "word is 'sleep'"),
            ('work = "sleep"', "", "a text is needed"),
            ('numerator = { engine = "fake/steady" }', "", "numerator"),
        ],
    )
    def test_one_that_says_nothing_is_an_error(
        self, tmp_path: Path, old: str, new: str, said: str
    ) -> None:
        assert old in TARGET
        assert said in error_of(tmp_path, SWEEP + TARGET.replace(old, new))
