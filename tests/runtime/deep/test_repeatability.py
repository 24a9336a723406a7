"""What other threads change: a fault, or a rounding of which the model makes much."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import onnx.parser
import pytest

from auditor.runtime.deep.repeatability import RepeatabilityAsked, Repeated, look
from auditor.runtime.request import Feed, Request, RunLimits
from auditor.runtime.session import Made, Session, Sessions
from tests.runtime.deep.in_process import ground_of

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'

STEADY = "agraph (float[4096] x) => (float[1] y) { y = ReduceSum(x) }"
CANCELLING = """agraph (float[4096] x) => (float[1] y) <float[1] most = {2047}, float[1] much = {10000}> {
    s = ReduceSum(x) d = Sub(s, most) big = Mul(d, much) y = Sin(big) }"""
"""Of 4,096 numbers in [0, 1) the sum is about 2,048; a rounding of it turns the sine by radians."""

INTEGERS = """agraph (int64[4096] x) => (float[1] y) <float three = {3}, float[1] most = {682.6667}> {
    f = Cast<to = 1>(x) t = Div(f, three) s = ReduceSum(t) d = Sub(s, most) y = Reciprocal(d) }"""
"""What goes in cannot be moved by a rounding: here the node that makes much of one says so."""


class Adding(Sessions):
    """Sessions of which those with other threads give more of some tensors: what onnxruntime does not do here."""

    more: Mapping[str, float] = MappingProxyType({})

    def open(self, *given: Any, threads: int | None = None, **others: Any) -> Session:
        session = super().open(*given, threads=threads, **others)
        if threads is not None:
            run = session.run

            def added(names: Any, fed: Any) -> list[Made]:
                made = zip(names, run(names, fed), strict=True)
                return [m._replace(array=m.array + m.array.dtype.type(self.more.get(name, 0))) for name, m in made]

            setattr(session, "run", added)  # noqa: B010  # of this one session, which mypy takes for a method
        return session


def unlike(text: str, dtype: int, more: Mapping[str, float], folder: Path) -> tuple[Repeated, ...]:
    """What is not the same where other threads give so much more."""
    path = folder / "m.onnx"
    path.write_bytes(onnx.parser.parse_model(HEAD + text).SerializeToString())
    request = Request(str(path), attempts=((Feed("x", dtype, (4096,)),),), limits=RunLimits(seconds=3600, threads=1))
    ground = ground_of(request)
    ground.sessions.__class__ = type("", (Adding,), {"more": more})
    return look(ground, RepeatabilityAsked()).unlike


@pytest.mark.parametrize(("text", "shift", "jump"), [(STEADY, 20.0, False), (CANCELLING, 0.5, True)])
def test_what_a_rounding_does_as_well_is_not_the_threads_doing(
    text: str, shift: float, jump: bool, tmp_path: Path
) -> None:
    (one,) = [one for one in unlike(text, 1, {"y": shift}, tmp_path) if one.beyond]
    assert one.jump == jump


def test_a_node_that_has_no_bound_makes_much_of_a_rounding(tmp_path: Path) -> None:
    (one,) = unlike(INTEGERS, 7, {"s": 1e-4, "d": 1e-4, "y": 5.0}, tmp_path)
    assert one.beyond and one.jump and (one.tensor, one.output) == ("y", "y")
