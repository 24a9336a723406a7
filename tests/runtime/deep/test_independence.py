"""What is concluded from a batch's answers, where somebody says what each tensor is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import pytest
from onnx import parser

from auditor.runtime import tensors
from auditor.runtime.cutting import Cuttable
from auditor.runtime.deep.ground import DeepGround
from auditor.runtime.deep.image_pool import ImagePool
from auditor.runtime.deep.independence import (
    ALONE,
    BESIDE,
    ORDER,
    ImageAxis,
    ImageDifference,
    IndependenceAsked,
    IndependenceSeen,
    look,
)
from auditor.runtime.request import Feed, Request
from auditor.runtime.session import Made, Refused

MODEL = parser.parse_model("""<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) {
  a = Relu(x)
  b = Exp(a)
  c = Round(b)
  y = Neg(c)
}""").SerializeToString()

Answer = Callable[[str, Any, int], Any]
"""A tensor's value, of what is fed and the number of the run."""


class Session:
    """Answers instead of onnxruntime."""

    def __init__(self, answer: Answer, count: list[int]) -> None:
        self._answer, self._count = answer, count

    def run(self, names: Sequence[str], fed: Sequence[tensors.Stored]) -> list[Made]:
        self._count[0] += 1
        values = [self._answer(name, fed[0].array, self._count[0]) for name in names]
        return [Made(10 if value.dtype == np.float16 else 1, value.shape, value) for value in values]


class Sessions(NamedTuple):
    answer: Answer
    runs: list[int]

    def open(self, level: str, model: bytes | None = None) -> Session:
        return Session(self.answer, self.runs)


class Ground:
    """As much of the child's ground as a look stands on."""

    def __init__(self, answer: Answer, feeds: tuple[Feed, ...]) -> None:
        self.request = Request("", attempts=(feeds,))
        self.sessions = Sessions(answer, [0])
        self.model = Cuttable(MODEL)

    def fed(self, feeds: Sequence[Feed] | None = None, seed: int = 0) -> list[tensors.Stored]:
        return [tensors.make(feed, seed) for feed in self.request.attempts[0]]

    def in_time(self, needed: float = 0.0) -> None:
        """There is time."""

    def tell(self, seen: object) -> None:
        """Nobody listens."""


def seen(answer: Answer, *, alone: bool = True, each: int = 1) -> IndependenceSeen:
    feeds = (Feed("x", 1, (3, 4)),)
    tensors_ = tuple(ImageAxis(name, 0, each) for name in "xabcy")
    asked = IndependenceAsked((ImageAxis("x", 0),), ("y",), tensors_, (), 3, alone)
    return look(cast("DeepGround", Ground(answer, feeds)), asked)


def only(answer: Answer, *, alone: bool = True) -> ImageDifference:
    (found,) = seen(answer, alone=alone).unlike
    return found


def test_images_that_are_answered_by_themselves() -> None:
    found = seen(lambda name, x, run: x * 2)
    assert found == IndependenceSeen((), 6, 0.0)  # three alone, three in another order


@pytest.mark.parametrize(("share", "many"), [(0.9e-4, False), (1.1e-4, True)])
def test_the_tolerance_of_float32(share: float, many: bool) -> None:
    def answer(name: str, x: Any, run: int) -> Any:
        return np.ones((len(x), 4), np.float32) * np.float32(1 + share * (len(x) == 1))

    found = seen(answer)
    assert bool(found.unlike) == many
    assert found.largest == pytest.approx(share, rel=1e-2)


@pytest.mark.parametrize(("share", "many"), [(0.009, False), (0.013, True)])
def test_the_tolerance_of_float16(share: float, many: bool) -> None:
    def answer(name: str, x: Any, run: int) -> Any:
        return np.full((len(x), 4), 1 + share * (len(x) == 1), np.float16)

    assert bool(seen(answer).unlike) == many


def test_the_first_node_whose_output_hangs_on_the_others() -> None:
    def answer(name: str, x: Any, run: int) -> Any:
        return x if name in "xa" else x + x.mean(0, keepdims=True)

    found = only(answer)
    assert (found.node, found.tensor, found.exempt) == (1, "b", "")
    assert set(found.how) == {ALONE, BESIDE}


def test_order_alone_is_seen_too() -> None:
    def answer(name: str, x: Any, run: int) -> Any:
        return x if name in "xab" else np.cumsum(x, 0)

    found = only(answer)
    assert (found.node, found.tensor) == (2, "c")
    assert ORDER in found.how


def test_one_that_cannot_be_alone_is_put_beside_others() -> None:
    def answer(name: str, x: Any, run: int) -> Any:
        if len(x) == 1:
            raise Refused(ValueError("three, or nothing"))
        return x + (x.mean(0, keepdims=True) if name in "bcy" else 0)

    found = only(answer, alone=False)
    assert (found.node, BESIDE in found.how, ALONE in found.how) == (1, True, False)
    both = seen(answer)
    assert both.refused == "alone: three, or nothing"
    assert [one.node for one in both.unlike] == [1]


def test_a_jump_that_a_rounding_makes_proves_nothing() -> None:
    def answer(name: str, x: Any, run: int) -> Any:
        nudged = np.ones((len(x), 4), np.float32) * np.float32(1 + (len(x) == 1) * 1e-6)
        return nudged if name in "xab" else np.floor(nudged * 2 - np.float32(1e-6))

    assert only(answer).exempt == "Round made much of a rounding"


def test_another_shape_is_another_answer() -> None:
    """How long an image's answer is hangs on how many images there are."""

    def answer(name: str, x: Any, run: int) -> Any:
        return x if name in "xa" else x[:, : len(x)]

    found = only(answer)
    assert (found.node, found.tensor, found.exempt) == (1, "b", "") and ALONE in found.how
    assert seen(answer).largest == 1.0


def test_roundings_that_add_up_prove_nothing() -> None:
    grown = {"x": 0.0, "a": 2e-5, "b": 6e-5, "c": 8e-5, "y": 1.6e-4}

    def answer(name: str, x: Any, run: int) -> Any:
        return np.ones((len(x), 4), np.float32) * np.float32(1 + grown[name] * (len(x) == 1))

    assert only(answer).exempt == "roundings add up, and no node brings images together"


def test_what_is_not_the_same_twice_is_not_these_images_doing() -> None:
    def answer(name: str, x: Any, run: int) -> Any:
        return x + np.float32(run)

    assert only(answer).exempt == "the same batch gives another answer in a second run"


def test_what_other_images_do_not_show_proves_nothing() -> None:
    def answer(name: str, x: Any, run: int) -> Any:
        """Alone otherwise, but only in the first look: of five runs, and one more."""
        return x + np.float32(len(x) == 1 and run <= 5)

    assert only(answer).exempt == "other images are answered alike"


@pytest.mark.parametrize("by_image", [True, False])
def test_rows_of_an_image_lie_together_or_apart(*, by_image: bool) -> None:
    """[N * T, C], or [T * N, C] of what has time first: whose rows are whose is seen by the numbers."""

    def answer(name: str, x: Any, run: int) -> Any:
        return np.repeat(x, 2, 0) * np.tile([[1.0], [2.0]], (len(x), 1)) if by_image else np.concatenate([x, 2 * x])

    def mixed(name: str, x: Any, run: int) -> Any:
        return answer(name, x + x.mean(0), run)

    assert not seen(answer, each=2).unlike
    assert seen(mixed, each=2).unlike


def test_invented_images_are_not_alike_in_their_means() -> None:
    """Of many numbers in [0, 1) the means are all near a half: images are shrunk by a half and a quarter."""
    feeds = (Feed("x", 1, (3, 4000)), Feed("whole", 1, (2,)))
    pool = ImagePool(cast("DeepGround", Ground(lambda name, x, run: x, feeds)), {"x": 0}, 6)
    x, whole = pool.fed((0, 1, 2))
    assert x.array.mean(1) == pytest.approx([0.5, 0.25, 0.125], rel=0.05)
    pool.renew()
    others, again = pool.fed((2, 0))
    assert others.array.shape == (2, 4000) and not (others.array[1] == x.array[0]).any()
    assert (whole.array == again.array).all()
