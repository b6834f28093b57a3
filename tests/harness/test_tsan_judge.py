"""What exit codes and reports mean together, on scripted runs."""

from __future__ import annotations

import pytest

from harness.sanitizer.judge import Ended, judge

RACE = """\
==================
WARNING: ThreadSanitizer: data race (pid=4711)
  Write of size 4 at 0x7ffd5c0a2c40 by thread T2:
    #0 rapidmarc::BoundedQueue::push(Batch&&) impl/parallel/queue.hpp:61:5 (_core.so+0x1a2b)
    #1 rapidmarc::produce() impl/parallel/pipeline.cpp:12:3 (_core.so+0x1b2b)

  Previous write of size 4 at 0x7ffd5c0a2c40 by thread T1:
    #0 rapidmarc::BoundedQueue::pop() impl/parallel/queue.hpp:80:5 (_core.so+0x1a3b)

  Thread T2 (tid=4713, running) created by main thread at:
    #0 pthread_create <null> (libclang_rt.tsan-x86_64.so+0x5d0f)
    #1 rapidmarc::canaries::without_gil() tests/sanitizer/canaries.cpp:105:3 (x.so+0x1)

SUMMARY: ThreadSanitizer: data race impl/parallel/queue.hpp:61:5 in rapidmarc::BoundedQueue::push
==================
"""

CANARY = RACE.replace("rapidmarc::BoundedQueue::pop()", "rapidmarc::canaries::without_gil()")


def test_exit_code_zero_without_any_report_is_clean() -> None:
    assert judge(Ended(0, "")).outcome == "clean"


@pytest.mark.parametrize(
    ("how", "exit_code"),
    [
        ("the sanitizer's own exit code", 66),
        ("left by os._exit(3)", 3),
        ("killed, as the parent sees it", -9),
        ("killed, as a shell reports it", 137),
        ("a race in a child process, the parent at zero", 0),
        ("did not end in time", None),
    ],
)
def test_a_report_is_a_race_however_the_process_ended(how: str, exit_code: int | None) -> None:
    judgement = judge(Ended(exit_code, RACE, time_limit=60))
    assert (judgement.outcome, judgement.warnings) == ("race", 1), how
    assert "queue.hpp:61:5" in judgement.detail


def test_an_unusual_end_is_told_beside_the_race() -> None:
    assert "SIGKILL" in judge(Ended(137, RACE)).detail
    assert "exit code 3" in judge(Ended(3, RACE)).detail


def test_every_report_is_counted_and_each_place_named_once() -> None:
    judgement = judge(Ended(66, RACE + RACE))
    assert judgement.warnings == 2
    assert judgement.detail.count("queue.hpp:61:5") == 1


def test_a_lock_order_inversion_is_a_race() -> None:
    report = (
        "WARNING: ThreadSanitizer: lock-order-inversion (potential deadlock) (pid=1)\n"
        "SUMMARY: ThreadSanitizer: lock-order-inversion (potential deadlock) a.hpp:1:2 in lock\n"
    )
    assert judge(Ended(66, report)).outcome == "race"


@pytest.mark.parametrize(
    ("exit_code", "reports", "output", "told"),
    [
        (66, "", "", "exit code 66"),
        (1, "", "Traceback\nAssertionError: 41 records, not 42", "41 records, not 42"),
        (139, "", "", "SIGSEGV"),
        (-6, "", "terminate called", "SIGABRT"),
        (
            66,
            "FATAL: ThreadSanitizer: unexpected memory mapping 0x1-0x2\n",
            "",
            "unexpected memory mapping",
        ),
        (0, "==1==WARNING: Symbolizer was blocked\n", "", "Symbolizer was blocked"),
        (None, "", "", "did not end within 7 s"),
    ],
)
def test_anything_between_could_not_run(
    exit_code: int | None, reports: str, output: str, told: str
) -> None:
    judgement = judge(Ended(exit_code, reports, output, time_limit=7))
    assert judgement.outcome == "could-not-run"
    assert told in judgement.detail


def test_a_canary_that_is_named_in_its_report_is_found() -> None:
    judgement = judge(Ended(66, CANARY), names="canaries::without_gil")
    assert (judgement.outcome, judgement.warnings) == ("race", 1)


def test_a_silent_canary_is_not_a_race() -> None:
    judgement = judge(Ended(0, ""), names="canaries::without_gil")
    assert judgement.outcome == "clean"
    assert "was not reported" in judgement.detail


def test_another_report_does_not_stand_in_for_the_canary() -> None:
    # The canary's name stands only where the thread was created.
    judgement = judge(Ended(66, RACE), names="canaries::without_gil")
    assert (judgement.outcome, judgement.warnings) == ("clean", 1)


def test_a_canary_is_not_mistaken_for_one_whose_name_goes_on() -> None:
    longer = CANARY.replace("without_gil", "without_gil_at_all")
    assert judge(Ended(66, longer), names="canaries::without_gil").outcome == "clean"


@pytest.mark.parametrize("exit_code", [0, 1, 139, None])
def test_a_canary_needs_the_exit_code_of_the_sanitizer_too(exit_code: int | None) -> None:
    judgement = judge(Ended(exit_code, CANARY), names="canaries::without_gil")
    assert judgement.outcome == "could-not-run"


def test_a_canary_that_could_not_be_staged_could_not_run() -> None:
    judgement = judge(Ended(70, "", "no libtbb is loaded"), names="canaries::without_gil")
    assert judgement.outcome == "could-not-run"
    assert "no libtbb is loaded" in judgement.detail
