"""What the table of releases says, and how its rows are read."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from auditor.targets import known, release_table
from auditor.targets.known import (
    ELSE,
    SOME_ELSE,
    Ask,
    Kernel,
    NodePlace,
    implemented,
    runtime,
    runtimes,
    signature,
    takes,
)

FIRST, SECOND, OUT = NodePlace(0, False), NodePlace(1, False), NodePlace(0, True)
FLOAT, DOUBLE = 1 << 1, 1 << 11


def test_the_table_is_small() -> None:
    text = Path(str(release_table.__file__)).read_bytes()
    assert len(text) < 200_000 and len(zlib.compress(text)) < 60_000


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("1.17", "1.17.3"), ("1.17.1", "1.17.1"), ("1.15", "1.15.1"), ("1.2", None), ("1.14", None), ("1.17.2", None),
        ("2.0", None),
    ],
)  # fmt: skip
def test_a_version_names_a_release_or_the_newest_of_its_beginning(version: str, found: str | None) -> None:
    release = runtime(version)
    assert (release and release.version) == found


@pytest.mark.parametrize(
    ("version", "ir_version", "opset", "ml"),
    [("1.15", 9, 19, 3), ("1.19", 10, 21, 5), ("1.20", 10, 21, 5), ("1.22", 10, 22, 5), ("1.23", 11, 23, 5),
     ("1.24", 13, 25, 5), ("1.31", 13, 26, 5), ("1.32", 14, 28, 5)],
)  # fmt: skip
def test_bounds(version: str, ir_version: int, opset: int, ml: int) -> None:
    """As newer-than-runtime has them, measured by creating sessions; of 1.15 by onnxruntime's page on compatibility."""
    release = runtime(version)
    assert release is not None
    assert (release.ir_version, release.opsets[""], release.opsets["ai.onnx.ml"]) == (ir_version, opset, ml)
    assert "my.domain" not in release.opsets


def test_releases_are_in_order() -> None:
    versions = [tuple(map(int, one.version.split("."))) for one in runtimes()]
    assert versions == sorted(versions) and versions[0] == (1, 15, 0)
    assert [one.number for one in runtimes()] == list(range(len(versions)))


@pytest.mark.parametrize(
    ("held", "answer"),
    [
        ({FIRST: FLOAT, OUT: FLOAT}, True), ({FIRST: DOUBLE, OUT: FLOAT}, False), ({FIRST: FLOAT, OUT: DOUBLE}, False),
        ({FIRST: None, OUT: FLOAT}, None), ({FIRST: None, OUT: DOUBLE}, False), ({SECOND: FLOAT, OUT: FLOAT}, True),
        ({SECOND: DOUBLE, OUT: FLOAT}, False), ({OUT: FLOAT}, True),
        ({FIRST: FLOAT, SECOND: DOUBLE, OUT: FLOAT}, True),
    ],
)  # fmt: skip
def test_a_kernel_takes_what_it_asks_for(held: dict[NodePlace, int | None], answer: bool | None) -> None:
    """The first of its places that the node has counts; what nobody knows contradicts nothing."""
    kernel = Kernel((Ask((FIRST, SECOND), FLOAT), Ask((OUT,), FLOAT)))
    assert takes(kernel, lambda place: held.get(place, 0)) is answer


def test_some_maps_are_not_known() -> None:
    assert takes(Kernel((Ask((FIRST,), ELSE),)), lambda place: ELSE) is True
    assert takes(Kernel((Ask((FIRST,), ELSE | SOME_ELSE),)), lambda place: ELSE) is None
    assert takes(Kernel((Ask((FIRST,), FLOAT),)), lambda place: ELSE) is False
    assert takes(Kernel(()), lambda place: DOUBLE) is True


SPANS = [(23, [None]), (24, [True, None]), (25, [True, None]), (26, [None])]


@pytest.mark.parametrize(("opset", "answers"), SPANS)
def test_bodies_and_what_is_not_sure(opset: int, answers: list[bool | None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_table, "OPERATORS", {"": "Op|7f||24-25@0:2 ?0:802 27-@0:800"})
    monkeypatch.setattr(
        release_table, "REFUSED_VALUES", {"": "Op|7|bits=8|-2|?*\nOp|7|bits=1,2|-2|0:2\nOp|8|bits=4||*"}
    )
    for made in (known._operators, known._refused_values):
        made.cache_clear()
    try:
        found = implemented(runtimes()[0], "", "Op", opset)
        assert found is not None and [takes(kernel, lambda place: FLOAT) for kernel in found.kernels] == answers
        later = implemented(runtimes()[0], "", "Op", 40)
        assert later is not None and [takes(kernel, lambda place: DOUBLE) for kernel in later.kernels] == [None, True]
        assert not later.casts
        assert [takes(kernel, lambda place: 1 << 10) for kernel in found.kernels] == [False] * len(answers)
        assert known.refused_values(runtimes()[2], "", "Op", 7) == {
            "bits=8": Kernel((), sure=False), "bits=1": Kernel((Ask((FIRST,), FLOAT),)),
            "bits=2": Kernel((Ask((FIRST,), FLOAT),)),
        }  # fmt: skip
        assert not known.refused_values(runtimes()[3], "", "Op", 7)
    finally:
        for made in (known._operators, known._refused_values):
            made.cache_clear()


def test_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {
        "": "Op|1|-1|0:2\nOp|1|2-3|0:802\nOp|7|2-|0+>1:2,>0:400 *\nGone|1||*\nGone|5!|2-|",
        "com.x": "Op|1||",
    }
    said = {"com.x": "Op|1|-2|1 3|1 *|A:2 B?:802 C*:2|alpha axis!"}
    monkeypatch.setattr(release_table, "OPERATORS", rows)
    monkeypatch.setattr(release_table, "SIGNATURES", said)
    for made in (known._operators, known._signatures):
        made.cache_clear()
    try:
        old, middle, new = runtimes()[0], runtimes()[2], runtimes()[4]
        found = implemented(old, "", "Op", 20)
        assert found == (1, False, (Kernel((Ask((FIRST,), 2),)),), True)
        found = implemented(new, "", "Op", 20)
        assert found is not None and found.since == 7
        assert found.kernels == (
            Kernel((Ask((FIRST, NodePlace(1, True)), 2), Ask((OUT,), 0x400))), Kernel(()),
        )  # fmt: skip
        assert implemented(new, "", "Op", 6) is None, "a span ends"
        assert implemented(middle, "", "Op", 6) == (1, False, (Kernel((Ask((FIRST,), 0x802),)),), True)
        gone = implemented(new, "", "Gone", 5)
        assert gone is not None and gone.deprecated
        assert implemented(new, "", "Nothing", 5) is None
        assert implemented(new, "com.x", "Op", 1) == (1, False, (), True)
        found_said = signature(middle, "com.x", "Op", 1)
        assert found_said is not None
        assert (found_said.least, found_said.most) == (1, 3)
        assert (found_said.least_outputs, found_said.most_outputs) == (1, None)
        assert [tuple(one) for one in found_said.inputs] == [
            ("A", False, False, 2), ("B", True, False, 0x802), ("C", False, True, 2),
        ]  # fmt: skip
        assert found_said.attributes == {"alpha": False, "axis": True}
        assert signature(new, "com.x", "Op", 1) is None
    finally:
        for made in (known._operators, known._signatures):
            made.cache_clear()


@pytest.mark.parametrize(("op_type", "opset", "since"), [("Upsample", 11, 10), ("Scatter", 13, 11)])
def test_what_onnx_has_taken_out_no_release_has(op_type: str, opset: int, since: int) -> None:
    """Operators.md: Upsample is deprecated since 10, Scatter since 11; 1.15 refuses both, too."""
    for one in runtimes():
        found = implemented(one, "", op_type, opset)
        assert found is not None and found.deprecated and found.since == since, one.version


def test_functions_in_a_sequence_map_are_in_order_before_1_17() -> None:
    """As map_function and map_function_of_one_node of the probes answer."""
    sorting = [one.version for one in runtimes() if known.sorts_maps(one)]
    assert sorting[-1] == "1.16.3" and len(sorting) == 6
    newest = runtimes()[-1]
    assert known.refused_in_maps(newest, "Mish", 18, 18) and not known.refused_in_maps(newest, "CastLike", 19, 19)
    assert known.refused_in_maps(newest, "Elu", 6, 18) and not known.refused_in_maps(newest, "Elu", 6, 17)
    assert not known.refused_in_maps(runtimes()[0], "Mish", 18, 18)
