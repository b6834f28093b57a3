"""The sentence under a picture says what its figures say, and no more."""

from __future__ import annotations

from typing import Any

from harness.report import sentences
from harness.report.data import Sample
from harness.statistics import Interval

from .scripted import cell, measurement


def sample(rates: list[float], **values: Any) -> Sample:
    of = cell(**values)
    lines = tuple(measurement(of, rate, block=i) for i, rate in enumerate(rates))
    return Sample("sweep/x", "x", of, lines)


def said(*samples: Sample) -> str:
    return sentences.extremes(samples, ["source"], lambda s: s.rate, "records a second")


def estimate(low: float, threshold: float | None, **other: Any) -> dict[str, Any]:
    return {"name": f"from {low}", "role": "decides", "low": low, "high": low + 0.1,
            "one_sided_low": low, "threshold": threshold, **other}  # fmt: skip


def test_the_fastest_and_the_slowest_are_named_with_their_distance() -> None:
    text = said(sample([2e6, 2.1e6], source="open"), sample([1e6, 1.05e6], source="pipe"))
    assert text == (
        "Most: open with 2.05 M records a second. Least: pipe with 1.02 M, 2.0 times less."
    )


def test_intervals_that_meet_are_no_difference() -> None:
    text = said(sample([1e6, 2e6], source="open"), sample([1.1e6, 1.9e6], source="pipe"))
    assert text.startswith("No clear difference: all 2 cells lie between ")


def test_the_speed_up_is_that_of_the_most_threads_the_host_can_run() -> None:
    curve = {2: Interval(1.9, 1.8, 2.0), 8: Interval(1.95, 1.9, 2.0)}
    ceiling = {2: Interval(2.0, 1.9, 2.1)}
    text = sentences.speed_ups(["native"], [curve], ceiling, cores=2)
    assert text == (
        "On 2 threads native is fastest, 1.80 to 2.00 times one: 95% of what the host gives at all."
    )


def test_deciding_ratios_are_counted_and_the_closest_named() -> None:
    text = sentences.thresholds([
        estimate(1.9, 1.8), estimate(1.7, 1.8), estimate(5.0, None),
        estimate(0.0, 0.02, measure="memory"), estimate(0.5, 1.0, role="reported"),
    ])  # fmt: skip
    assert text.startswith("1 of 2 deciding ratios reach their threshold")
    assert "closest to it is from 1.7" in text


def test_a_prediction_says_that_it_is_one() -> None:
    curves = [{64: Interval(20, 15, 25)}, {64: Interval(30, 28, 40)}]
    text = sentences.predicted(["a", "b"], curves, 64)
    assert text == "Predicted, not measured: on 64 threads 28.0 to 40.0 for b, 15.0 to 25.0 for a."
