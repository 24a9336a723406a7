"""The node at which runs part, where somebody says of each tensor whether it parts."""

from __future__ import annotations

from onnx import parser

from auditor.runtime.cutting import Cuttable
from auditor.runtime.parting import PartingPlace, first_bad, in_front, parting_place

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


HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'

LADDER = """ladder (float[4] x) => (float[4] y) {
  a = Relu(x) b = Neg(x) c = Abs(a) d = Exp(b) e = Add(c, d) f = Neg(e) g = Abs(f) y = Add(g, d)
}"""


def cuttable(text: str) -> Cuttable:
    return Cuttable(parser.parse_model(HEAD + text).SerializeToString())


def behind(start: str) -> frozenset[str]:
    """What goes wrong where one tensor does."""
    after = {"a": "cefgy", "b": "defgy", "c": "efgy", "d": "efgy", "e": "fgy", "f": "gy", "g": "y", "y": ""}
    return frozenset((start, *after[start]))


def test_wherever_it_begins_it_is_found() -> None:
    model = cuttable(LADDER)
    for start in "abcdefgy":
        assert first_bad(model, "y", behind(start).__contains__, "abcdefgy") == start


def test_what_is_hidden_in_between_leads_back() -> None:
    """f is the same again, as behind a Relu: the search goes on to what y takes from elsewhere."""
    model = cuttable(LADDER)
    assert first_bad(model, "y", frozenset("bdey").__contains__, "abcdefgy") == "b"


def test_of_what_cannot_be_looked_at_the_next_is_named() -> None:
    model = cuttable(LADDER)
    assert first_bad(model, "y", behind("b").__contains__, "adgy") == "d"
    assert in_front(model, "g", "ab") == ["a", "b"]
    assert in_front(model, "y", "dg") == ["g", "d"]


def test_few_are_looked_at() -> None:
    count = 256
    body = " ".join(f"t{i + 1} = Neg(t{i})" for i in range(count))
    model = cuttable(f"chain (float[4] t0) => (float[4] t{count}) {{ {body} }}")
    asked = []

    def bad(name: str) -> bool:
        asked.append(name)
        return int(name[1:]) >= 77

    assert first_bad(model, f"t{count}", bad) == "t77"
    assert len(asked) <= 10
