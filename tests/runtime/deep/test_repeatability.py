"""What other threads change: a fault, or a rounding of which the model makes much."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import onnx.parser
import pytest

from auditor.runtime.deep.repeatability import RepeatabilityAsked, look
from auditor.runtime.request import Feed, Request, RunLimits
from auditor.runtime.session import Made, Session, Sessions
from tests.runtime.deep.in_process import ground_of

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'

STEADY = "agraph (float[4096] x) => (float[1] y) { y = ReduceSum(x) }"
CANCELLING = """agraph (float[4096] x) => (float[1] y) <float[1] most = {2047}, float[1] much = {10000}> {
    s = ReduceSum(x) d = Sub(s, most) big = Mul(d, much) y = Sin(big) }"""
"""Of 4,096 numbers in [0, 1) the sum is about 2,048; a rounding of it turns the sine by radians."""


class Shifting(Sessions):
    """Sessions of which those with other threads give a little more: a fault that onnxruntime does not have here."""

    shift = 0.0

    def open(self, *given: Any, threads: int | None = None, **more: Any) -> Session:
        session = super().open(*given, threads=threads, **more)
        if threads is not None:
            run = session.run

            def shifted(names: Any, fed: Any) -> list[Made]:
                return [one._replace(array=one.array + one.array.dtype.type(self.shift)) for one in run(names, fed)]

            session.run = shifted  # type: ignore[method-assign]
        return session


@pytest.mark.parametrize(("text", "shift", "jumps"), [(STEADY, 20.0, [False]), (CANCELLING, 0.5, [True])])
def test_what_a_rounding_does_as_well_is_not_the_threads_doing(
    text: str, shift: float, jumps: list[bool], tmp_path: Path
) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(onnx.parser.parse_model(HEAD + text).SerializeToString())
    request = Request(str(path), attempts=((Feed("x", 1, (4096,)),),), limits=RunLimits(seconds=3600, threads=1))
    ground = ground_of(request)
    ground.sessions.__class__ = Shifting
    ground.sessions.shift = shift  # type: ignore[attr-defined]
    seen = look(ground, RepeatabilityAsked())
    assert [one.jump for one in seen.unlike if one.beyond] == jumps


INTEGERS = """agraph (int64[4096] x) => (float[1] y) <float three = {3}, float[1] most = {682.6667}> {
    f = Cast<to = 1>(x) t = Div(f, three) s = ReduceSum(t) d = Sub(s, most) y = Reciprocal(d) }"""
"""What goes in cannot be moved by a rounding: here the node that makes much of one says so."""


def test_a_node_that_has_no_bound_makes_much_of_a_rounding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(onnx.parser.parse_model(HEAD + INTEGERS).SerializeToString())
    request = Request(str(path), attempts=((Feed("x", 7, (4096,)),),), limits=RunLimits(seconds=3600, threads=1))
    ground = ground_of(request)
    ground.sessions.__class__ = Rounding
    monkeypatch.setattr(Rounding, "of", {"s": 1e-4, "d": 1e-4, "y": 5.0})
    (one,) = look(ground, RepeatabilityAsked()).unlike
    assert one.beyond and one.jump and (one.tensor, one.output) == ("y", "y")


class Rounding(Shifting):
    """Of which other threads give every tensor a little more, and the last much."""

    of: Mapping[str, float] = MappingProxyType({})

    def open(self, *given: Any, threads: int | None = None, **more: Any) -> Session:
        session = Sessions.open(self, *given, threads=threads, **more)
        if threads is not None:
            run = session.run

            def shifted(names: Any, fed: Any) -> list[Made]:
                made = zip(names, run(names, fed), strict=True)
                return [
                    one._replace(array=one.array + one.array.dtype.type(self.of.get(name, 0))) for name, one in made
                ]

            session.run = shifted  # type: ignore[method-assign]
        return session
