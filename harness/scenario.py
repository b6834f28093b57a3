"""Scenario files: a question, a matrix of cells and, for a gate, the claim that the cells decide.

Reads and checks `scenarios/**/*.toml`; `scenarios/FORMAT.md` says every key. Nothing is measured or
expanded for this host here: that is `harness.plan`. Whatever is wrong is named with its file,
line and key and the nearest valid word (`harness.mistakes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from harness import SCENARIOS
from harness.corpora.catalog import NAMES as CORPUS_NAMES
from harness.disks import PROFILES
from harness.engines import OURS, SOURCES, WORKLOADS, engine_names, is_ours
from harness.mistakes import Checks, ScenarioError, nearest, tomllib
from harness.model import (
    AXES,
    BESIDES,
    GATES,
    THREAD_KINDS,
    TIERS,
    USABLE,
    WARMUPS,
    Broken,
    CellGroup,
    Comparison,
    Estimate,
    Gate,
    Scenario,
    Target,
    Verification,
)
from harness.selectors import mistake
from harness.statistics import LOOKS

COSTS = ("passes", "warmup", "records", "beside")
SCENARIO_KEYS = (
    "question", "teaches", "analysis", "defaults", "comparison", "gate", "verify", "target",
    "broken",
)  # fmt: skip
COMPARISON_KEYS = ("name", "cells", "ceiling", "blocks", *AXES, *COSTS)
CELL_KEYS = (*AXES, *COSTS)
GATE_KEYS = (
    "name", "order", "claim", "required", "threads", "threshold", "looks", "sanitizer", "estimate",
    "memory", "verification",
)  # fmt: skip
ESTIMATE_KEYS = ("name", "comparison", "numerator", "denominator", "threshold", "role")
MEMORY_KEYS = ("comparison", "corpora", "most_growth_per_byte")
TARGET_KEYS = (
    "work", "against", "comparison", "numerator", "denominator", "beside", "limit", "own_limit",
    "figure", "at_least", "at_most",
)  # fmt: skip
BROKEN_KEYS = ("name", "engines")
VERIFY_KEYS = ("name", "corpora", "engines", "reference", "source", "batch_size", "threads")
DEFAULTS: dict[str, Any] = {
    "workload": "read",
    "disk": "page-cache",
    "threads_kind": "readers",
    "threads": 1,
    "batch_size": "auto",
    "passes": 3,
    "warmup": "full",
    "records": 0,
    "beside": "nothing",
}


class _Checker(Checks):
    """Checks one file; knows the sets of engines that it may name."""

    def __init__(self, file: str, sets: Mapping[str, tuple[str, ...]], text: str = "") -> None:
        super().__init__(file, text)
        self.sets = sets

    def engines(self, value: object, where: str) -> tuple[str, ...]:
        found: list[str] = []
        for name in self.listed(value, where):
            if isinstance(name, str) and name.startswith("@"):
                if name[1:] not in self.sets:
                    raise self.fail(where, nearest(name, [f"@{known}" for known in self.sets]))
                found.extend(self.sets[name[1:]])
            else:
                found.append(self.word(name, engine_names(), where))
        return tuple(found)

    def axis(self, axis: str, value: object, where: str) -> tuple[Any, ...]:
        where = f"{where}.{axis}"
        if axis == "engine":
            return self.engines(value, where)
        values = self.listed(value, where)
        if axis == "threads":
            return tuple(v if v == USABLE else self.number(v, where) for v in values)
        if axis == "batch_size":
            return tuple(v if v == "auto" else self.number(v, where) for v in values)
        valid = {
            "workload": WORKLOADS,
            "source": SOURCES,
            "corpus": CORPUS_NAMES,
            "disk": PROFILES,
            "threads_kind": THREAD_KINDS,
        }[axis]
        return tuple(self.word(v, valid, where) for v in values)

    def group(self, table: object, above: Mapping[str, Any], where: str) -> CellGroup:
        cells = {**above, **self.keys(table, CELL_KEYS, where)}
        for axis in AXES:
            if axis not in cells:
                raise self.fail(f"{where}.{axis}", "is missing, here and in the tables above")
        return CellGroup(
            axes={axis: self.axis(axis, cells[axis], where) for axis in AXES},
            passes=self.number(cells["passes"], f"{where}.passes"),
            warmup=self.word(cells["warmup"], WARMUPS, f"{where}.warmup"),
            records=self.number(cells["records"], f"{where}.records", least=0),
            beside=self.word(cells["beside"], BESIDES, f"{where}.beside"),
        )

    def comparison(self, table: object, defaults: Mapping[str, Any], index: int) -> Comparison:
        where = f"comparison[{index}]"
        entry = self.keys(table, COMPARISON_KEYS, where)
        name = self.text(entry, "name", where)
        above = {**defaults, **{key: entry[key] for key in CELL_KEYS if key in entry}}
        groups = self.tables(entry.get("cells", []), f"{where}.cells")
        if not groups:
            raise self.fail(f"{where}.cells", "the matrix is empty: no [[comparison.cells]]")
        ceiling = entry.get("ceiling", [])
        return Comparison(
            name=name,
            groups=tuple(
                self.group(group, above, f"{where}.cells[{number}]")
                for number, group in enumerate(groups)
            ),
            ceiling=self.axis("threads", ceiling, f"{where}.ceiling") if ceiling else (),
            blocks=self.number(entry["blocks"], f"{where}.blocks") if "blocks" in entry else None,
        )

    def selector(
        self, table: object, of: Comparison, where: str, threads: int | None, *, one: bool = True
    ) -> Mapping[str, Any]:
        entry = self.keys(table, AXES, where)
        if "engine" not in entry:
            raise self.fail(f"{where}.engine", "is missing")
        for key, value in entry.items():
            if key == "threads":
                self.number(value, f"{where}.threads")
            else:
                self.axis(key, value, where)
        wrong = mistake(entry, of, threads, one=one)
        if wrong is not None:
            raise self.fail(f"{where}.{wrong[0]}".rstrip("."), wrong[1])
        return dict(entry)

    def estimate(
        self, table: object, gate: Mapping[str, Any], comparisons: Mapping[str, Comparison], at: str
    ) -> Estimate:
        entry = self.keys(table, ESTIMATE_KEYS, at)
        role = self.word(entry.get("role", "decides"), ("decides", "reported"), f"{at}.role")
        place = self.word(entry.get("comparison"), comparisons, f"{at}.comparison")
        of, threads = comparisons[place], gate["threads"]
        threshold = entry.get("threshold", gate.get("threshold") if role == "decides" else None)
        if role == "decides" and threshold is None:
            raise self.fail(f"{at}.threshold", "an estimate that decides needs a threshold")
        below = self.tables(entry.get("denominator", []), f"{at}.denominator")
        if not below:
            raise self.fail(f"{at}.denominator", "no cell to compare with")
        return Estimate(
            name=self.text(entry, "name", at),
            comparison=place,
            numerator=self.selector(entry.get("numerator"), of, f"{at}.numerator", threads),
            denominator=tuple(
                self.selector(cell, of, f"{at}.denominator[{number}]", threads, one=False)
                for number, cell in enumerate(below)
            ),
            threshold=None if threshold is None else self.ratio(threshold, f"{at}.threshold"),
            role=role,
        )

    def broken(self, table: object, where: str) -> Broken:
        entry = self.keys(table, BROKEN_KEYS, where)
        engines = self.engines(entry.get("engines", []), f"{where}.engines")
        return Broken(str(entry.get("name", where)), engines)

    def verification(self, table: object, name: str, where: str) -> Verification:
        entry = self.keys(table, VERIFY_KEYS, where)
        sources = self.axis("source", entry["source"], where) if "source" in entry else ()
        return Verification(
            name=str(entry.get("name", name)),
            corpora=tuple(
                self.word(corpus, CORPUS_NAMES, f"{where}.corpora")
                for corpus in self.listed(entry.get("corpora", []), f"{where}.corpora")
            ),
            engines=self.engines(entry.get("engines", []), f"{where}.engines"),
            reference=self.word(entry.get("reference"), engine_names(), f"{where}.reference"),
            source=sources,
            batch_size=self.axis("batch_size", entry.get("batch_size", "auto"), where),
            threads=self.numbers(entry.get("threads", 1), f"{where}.threads"),
        )

    def target(self, table: object, comparisons: Mapping[str, Comparison], at: str) -> Target:
        entry = self.keys(table, TARGET_KEYS, at)
        of = comparisons[self.word(entry.get("comparison"), comparisons, f"{at}.comparison")]
        for key in ("numerator", "denominator", "beside", "limit", "own_limit"):
            if key == "numerator" or key in entry:
                self.selector(entry.get(key), of, f"{at}.{key}", None, one=key != "denominator")
        for key in ("work", "against", "figure"):
            if key == "work" or key in entry:
                self.text(entry, key, at)
        if ("figure" in entry) == ("denominator" in entry):
            raise self.fail(at, "needs either a denominator or a figure")
        if ("at_least" in entry) == ("at_most" in entry):
            raise self.fail(at, "needs either at_least or at_most")
        bound = "at_least" if "at_least" in entry else "at_most"
        value = entry[bound]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise self.fail(f"{at}.{bound}", f"{value!r} is not a number from 0")
        return Target(**entry)

    def memory(self, table: object, comparisons: Mapping[str, Comparison]) -> Mapping[str, Any]:
        entry = self.keys(table, MEMORY_KEYS, "gate.memory")
        self.word(entry.get("comparison"), comparisons, "gate.memory.comparison")
        corpora = self.listed(entry.get("corpora", []), "gate.memory.corpora")
        if len(corpora) < 2:
            raise self.fail("gate.memory.corpora", "growth needs at least two sizes")
        for corpus in corpora:
            self.word(corpus, CORPUS_NAMES, "gate.memory.corpora")
        self.ratio(entry.get("most_growth_per_byte"), "gate.memory.most_growth_per_byte")
        return dict(entry)

    def gate(self, table: object, comparisons: Mapping[str, Comparison]) -> Gate:
        entry = self.keys(table, GATE_KEYS, "gate")
        required = entry.get("required", True)
        if not isinstance(required, bool):
            raise self.fail("gate.required", "must be true or false")
        estimates = self.tables(entry.get("estimate", []), "gate.estimate")
        if not estimates:
            raise self.fail("gate.estimate", "a gate without an estimate decides nothing")
        looks = self.numbers(entry.get("looks", list(LOOKS)), "gate.looks")
        if list(looks) != sorted(set(looks)):
            raise self.fail("gate.looks", "must grow")
        cases = entry.get("sanitizer", [])
        gate = Gate(
            name=self.text(entry, "name", "gate"),
            order=self.number(entry.get("order"), "gate.order"),
            claim=self.text(entry, "claim", "gate"),
            required=required,
            threads=self.number(entry.get("threads"), "gate.threads"),
            threshold=(
                self.ratio(entry["threshold"], "gate.threshold") if "threshold" in entry else None
            ),
            looks=looks,
            sanitizer=tuple(
                self.word(case, GATES, "gate.sanitizer")
                for case in (cases if cases == [] else self.listed(cases, "gate.sanitizer"))
            ),
            estimates=tuple(
                self.estimate(estimate, entry, comparisons, f"gate.estimate[{number}]")
                for number, estimate in enumerate(estimates)
            ),
            memory=self.memory(entry["memory"], comparisons) if "memory" in entry else None,
            verification=(
                self.verification(entry["verification"], "gate", "gate.verification")
                if "verification" in entry
                else None
            ),
        )
        scaled = {"gate.threshold": gate.threshold} | {
            f"gate.estimate[{number}].threshold": estimate.threshold
            for number, estimate in enumerate(gate.estimates)
            if estimate.numerator.get("threads", gate.threads) == gate.threads
        }
        for key, value in scaled.items():  # on fewer cores nothing could be made of such a claim
            if gate.threads > 1 and (value or 0) > gate.threads:
                raise self.fail(key, f"{value:g} is more than the {gate.threads} threads")
        if gate.required and not any(e.role == "decides" for e in gate.estimates):
            raise self.fail("gate.estimate", "a required gate needs an estimate that decides")
        judged = {str(e.numerator["engine"]) for e in gate.estimates}
        if not gate.sanitizer and any(map(is_ours, judged)):
            raise self.fail(
                "gate.sanitizer", f"a gate of {OURS}* needs the cases that must be clean"
            )
        if gate.required and gate.verification is None:
            raise self.fail("gate.verification", "a required gate must name outputs to compare")
        return gate

    def scenario(self, file: Path, name: str, text: str) -> Scenario:
        table = self.parsed(text)
        self.keys(table, SCENARIO_KEYS, "")
        defaults = {**DEFAULTS, **self.keys(table.get("defaults", {}), CELL_KEYS, "defaults")}
        comparisons: dict[str, Comparison] = {}
        for index, entry in enumerate(self.tables(table.get("comparison", []), "comparison")):
            found = self.comparison(entry, defaults, index)
            if found.name in comparisons:
                raise self.fail(f"comparison[{index}].name", f"{found.name!r} stands twice")
            comparisons[found.name] = found
        checks = self.tables(table.get("verify", []), "verify")
        broken = self.tables(table.get("broken", []), "broken")
        if not comparisons and not checks and not broken:
            raise self.fail("comparison", "the scenario measures and verifies nothing")
        gate = self.gate(table["gate"], comparisons) if "gate" in table else None
        if name.startswith("gates/") and gate is None:
            raise self.fail("gate", "a scenario in gates/ needs a [gate] table")
        return Scenario(
            name=name,
            file=file,
            text=text,
            question=self.text(table, "question", ""),
            teaches=str(table.get("teaches", "")).strip(),
            analysis=str(table.get("analysis", "")).strip(),
            comparisons=tuple(comparisons.values()),
            gate=gate,
            verifications=tuple(
                self.verification(entry, f"verify[{index}]", f"verify[{index}]")
                for index, entry in enumerate(checks)
            ),
            broken=tuple(
                self.broken(entry, f"broken[{index}]") for index, entry in enumerate(broken)
            ),
            targets=tuple(
                self.target(entry, comparisons, f"target[{index}]")
                for index, entry in enumerate(self.tables(table.get("target", []), "target"))
            ),
            usable=None if gate is None else gate.threads,
        )


def load_sets(folder: Path = SCENARIOS) -> dict[str, tuple[str, ...]]:
    """The named sets of engines in the folder's `engines.toml`; none when it is absent."""
    file = folder / "engines.toml"
    if not file.exists():
        return {}
    text = file.read_text("utf-8")
    checker = _Checker(str(file), {}, text)
    table = checker.keys(checker.parsed(text), ("sets",), "")
    sets = table.get("sets", {})
    return {name: checker.engines(value, f"sets.{name}") for name, value in sets.items()}


def targets_in(text: str) -> tuple[Target, ...]:
    """The targets of a scenario as the header of a run holds it: it was checked when it ran."""
    return tuple(Target(**entry) for entry in tomllib.loads(text).get("target", []))


def load(file: Path, folder: Path = SCENARIOS) -> Scenario:
    """Read and check one scenario file below `folder`."""
    relative = file.resolve().relative_to(folder.resolve())
    name = relative.with_suffix("").as_posix()
    shown = f"{folder.name}/{relative.as_posix()}"
    text = file.read_text("utf-8")
    checker = _Checker(shown, load_sets(folder), text)
    if name.split("/")[0] not in TIERS:
        raise checker.fail("folder", nearest(name.split("/")[0], TIERS))
    return checker.scenario(file, name, text)


def load_all(folder: Path = SCENARIOS) -> list[Scenario]:
    """Every scenario, gates first and in their order, then by name."""
    found = [
        load(file, folder) for tier in TIERS for file in sorted((folder / tier).glob("*.toml"))
    ]
    of_gate: dict[str, Scenario] = {}
    for scenario in found:
        if scenario.gate is not None:
            other = of_gate.setdefault(scenario.gate.name, scenario)
            if other is not scenario:
                # One letter has one verdict: the later one would hide the earlier.
                raise ScenarioError(
                    str(scenario.file), "gate.name",
                    f"{scenario.gate.name!r} is already the gate of {other.file}",
                )  # fmt: skip
    place = {tier: index for index, tier in enumerate(TIERS)}
    return sorted(
        found, key=lambda s: (place[s.tier], s.gate.order if s.gate is not None else 0, s.name)
    )


def select(scenarios: Iterable[Scenario], names: Iterable[str]) -> list[Scenario]:
    """The scenarios named by a name or a pattern of names (`sweep/threads_*`), a tier or a gate's
    letter; else an error."""
    known = list(scenarios)
    chosen: list[Scenario] = []
    for word in names:
        hits = [
            s
            for s in known
            if word == s.tier
            or fnmatchcase(s.name, word)
            or (s.gate is not None and s.gate.name == word)
        ]
        if not hits:
            gates = [s.gate.name for s in known if s.gate is not None]
            raise ScenarioError(
                "command line",
                "scenario",
                nearest(word, [s.name for s in known] + [*TIERS, *gates]),
            )
        chosen.extend(hit for hit in hits if hit not in chosen)
    return chosen
