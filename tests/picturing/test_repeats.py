"""Runs of equal blocks in a sequence of steps."""

from __future__ import annotations

import pytest

from auditor.picturing.repeats import BlockRun, BlockStep, runs


def straight(words: str) -> list[BlockStep]:
    """An input, and steps that each take the one before."""
    return [BlockStep("input", ()), *[BlockStep(word, (place,)) for place, word in enumerate(words)]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("abcd" * 3, [BlockRun(1, 4, 3)]),
        ("xyz" + "abcd" * 3 + "xy", [BlockRun(4, 4, 3)]),
        ("a" * 8, [BlockRun(1, 1, 8)]),
        ("a" * 7, []),  # seven steps are no more to look at than a run
        ("abcdef" * 2, [BlockRun(1, 6, 2)]),
        ("abcde" * 2, []),  # two of five
        ("abcd" * 3 + "x" + "efgh" * 3, [BlockRun(1, 4, 3), BlockRun(14, 4, 3)]),
        (
            "ab" * 4 + "cdef" + "ab" * 4 + "cdef" + "ab" * 4 + "cdef",  # the larger block, of which three
            [BlockRun(1, 12, 3)],
        ),
        ("ab" * 12 + "x" + "ab" * 12 + "y", [BlockRun(1, 2, 12), BlockRun(26, 2, 12)]),
    ],
)
def test_runs_by_words(words: str, expected: list[BlockRun]) -> None:
    assert runs(straight(words)) == expected


def test_blocks_are_cut_where_one_tensor_passes() -> None:
    """Each block of four takes its first step's input again at its last: r is where one tensor passes."""
    steps = [BlockStep("stem", ())]
    for _ in range(4):
        first = len(steps)
        steps += [
            BlockStep("a", (first - 1,)),
            BlockStep("b", (first,)),
            BlockStep("c", (first + 1,)),
            BlockStep("r", (first + 2, first - 1)),
        ]
    assert runs(steps) == [BlockRun(1, 4, 4)]


def test_other_wiring_is_another_block() -> None:
    steps = straight("abcd" * 6)
    steps[15] = steps[15]._replace(takes=(12,))  # in the fourth block, c takes the last block's d, not its own b
    assert runs(steps) == [BlockRun(1, 4, 3)]  # of the two behind it there are too few


def test_a_mask_for_all_is_no_difference() -> None:
    steps = [BlockStep("mask", ())]
    for place in range(1, 25):
        steps.append(BlockStep("abcd"[place % 4], (place - 1, 0) if place % 4 == 2 else (place - 1,)))
    assert [run.period for run in runs(steps)] == [4]


def test_what_gathers_takes_any_number() -> None:
    steps = [BlockStep("input", ())]
    for block in range(6):
        first = len(steps)
        steps += [BlockStep(word, (first + i - 1,)) for i, word in enumerate("abc")]
        steps.append(BlockStep("cat", tuple(range(3, first + 3, 4)), gathers=True))
        assert len(steps[-1].takes) == block + 1
    assert [(run.period, run.repeats) for run in runs(steps)] == [(4, 6)]


def test_the_work_is_bounded_by_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words without order are compared a few times each, however many there are."""
    import random

    from auditor.picturing import repeats

    compared = 0
    match = repeats._match

    def counting(*given: object) -> bool:
        nonlocal compared
        compared += 1
        return match(*given)  # type: ignore[arg-type]  # handed on as they come

    monkeypatch.setattr(repeats, "_match", counting)
    rng = random.Random(1)
    runs(straight("".join(rng.choice("ab") for _ in range(5_000))))
    assert compared <= 15 * 5_000
