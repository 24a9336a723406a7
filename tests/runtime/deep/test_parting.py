"""The node at which runs part, where somebody says of each tensor whether it parts."""

from __future__ import annotations

from onnx import parser

from auditor.runtime.cutting import Cuttable
from auditor.runtime.deep.parting import PartingPlace, in_front, parting_place

MODEL = Cuttable(
    parser.parse_model("""<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x) => (float[N, 4] y) {
  a = Relu(x)
  other = Neg(x)
  b = Abs(a)
  mean = ReduceMean<axes = [0]>(b)
  root = Sqrt(mean)
  size = Shape(b)
  c = Div(b, root)
  d = Add(c, other)
  e = Expand(d, size)
  y = Neg(e)
}""").SerializeToString()
)
ORDER = [name for node in MODEL.nodes for name in node.outputs]


def place_of(*parted: str, comparable: set[str] | None = None, apart: tuple[str, ...] = ()) -> PartingPlace | None:
    asked: list[str] = []

    def parts(tensor: str) -> bool:
        asked.append(tensor)
        return tensor in parted

    found = parting_place(MODEL, "y", parts, comparable, apart)
    assert comparable is None or set(asked) <= comparable
    return found


def test_the_first_tensor_that_parts() -> None:
    for first in ("b", "c", "d", "y"):
        behind = ORDER[ORDER.index(first) :]
        assert place_of(*behind) == PartingPlace(first, MODEL.makers[first])


def test_a_branch_that_comes_early_in_the_file_is_gone_back_to() -> None:
    """ "other" parts, and b and c between it and d do not."""
    assert place_of("other", "d", "e", "y") == PartingPlace("other", MODEL.makers["other"])


def test_what_cannot_be_compared_is_looked_through() -> None:
    comparable = {"a", "other", "b", "c", "d", "e", "y"}
    found = place_of("c", "d", "e", "y", comparable=comparable, apart=("size",))
    assert found == PartingPlace("c", MODEL.makers["mean"])
    assert set(in_front(MODEL, "c", comparable, ("size",))) == {"b"}


def test_sizes_are_nobodys_fault() -> None:
    comparable = {"a", "other", "b", "d", "e", "y"}
    assert place_of("e", "y", comparable=comparable, apart=("size",)) == PartingPlace("e", MODEL.makers["e"])


def test_an_input_that_is_an_output_has_no_node() -> None:
    assert parting_place(MODEL, "x", lambda tensor: True) is None
