"""Where a number leaves its domain in a function, in a branch, in what a Loop or a Scan does again and again.

Each bad model is run by the search: onnxruntime gives NaN or infinity for the input that the finding names. Of a good
one no input within the ranges does.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import onnxruntime
import pytest
from onnx import parser

from auditor.evidence.ranging import Ranges
from auditor.model.load import loads
from auditor.model.scopes import scopes
from auditor.pipeline import audit
from auditor.ranges.doubts import doubts
from auditor.ranges.known import known
from auditor.ranges.stored import StoredNumbers
from auditor.ranges.walk import RangeWalk
from auditor.report import Report, Severity
from auditor.settings import Settings
from auditor.shapes.facts import infer

HEAD = '<ir_version: 8, opset_import: ["" : 17, "my" : 1]>\n'


class Body(NamedTuple):
    """A model in which ``{}`` stands for the lines that make t of s: within a body alone."""

    kind: str
    text: str
    graph: str  # where the finding lies


LOOP = """g (float[4] x) => (float[4] y) <int64 m = {{5}}, bool c = {{1}}> {{
  y = Loop (m, c, x) <body = b (int64 i, bool k, float[4] s) => (bool l, float[4] t) {{ l = Identity(k)
    {0} }}> }}"""
SCAN = """g (float[3, 4] x) => (float[4] z, float[3, 4] y) <float[4] zero = {{0, 0, 0, 0}}> {{
  z, y = Scan <num_scan_inputs = 1, body = b (float[4] q, float[4] s) => (float[4] r, float[4] t) {{ r = Max(q, s)
    {0} }}> (zero, x) }}"""
BODIES = (
    Body("function", "g (float[4] x) => (float[4] y) {{ y = my.F(x) }}\n"
         '<domain: "my", opset_import: ["" : 17]> F (s) => (t) {{ {0} }}', "function my.F"),
    Body("function in a function", "g (float[4] x) => (float[4] y) {{ y = my.G(x) }}\n"
         '<domain: "my", opset_import: ["" : 17]> F (s) => (t) {{ {0} }}\n'
         '<domain: "my", opset_import: ["" : 17, "my" : 1]> G (s) => (t) {{ u = Identity(s) t = my.F(u) }}',
         "function my.F"),
    Body("branch", "g (float[4] s, bool c) => (float[4] y) {{ n = Not(c) y = If (n) "
         "<then_branch = a () => (float[4] t) {{ {0} }}, else_branch = b () => (float[4] o) {{ o = Tanh(s) }}> }}",
         "If[1]/then_branch"),
    Body("loop", LOOP, "Loop[0]/body"),
    Body("scan", SCAN, "Scan[0]/body"),
)  # fmt: skip

BAD = ("t = Log(s)", "a = Neg(s) t = Sqrt(a)", "a = Abs(s) t = Reciprocal(a)", "a = Sub(s, s) t = Div(s, a)")
GOOD = (
    "a = Abs(s) u = Tanh(a) t = Sqrt(u)",
    "a = Mul(s, s) b = Softplus(a) t = Log(b)",
    "a = Sigmoid(s) b = Exp(a) t = Div(s, b)",
)


def audited(text: str, folder: Path, *, low: float = -1.0, high: float = 1.0) -> Report:
    path = folder / "model.onnx"
    path.write_bytes(parser.parse_model(HEAD + text).SerializeToString())
    name = "s" if "float[4] s, bool c" in text else "x"
    return audit(path, Settings(ranges={name: (low, high)}))


def numbers(report: Report) -> list[str]:
    return [f.rule for f in report.findings if f.rule in ("domain-faults", "activation-overflow", "nonfinite-outputs")]


@pytest.mark.parametrize("lines", BAD)
@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind)
def test_a_fault_in_a_body_is_shown_by_an_input(body: Body, lines: str, tmp_path: Path) -> None:
    report = audited(body.text.format(lines), tmp_path)
    found = [f for f in report.findings if f.rule == "domain-faults"]
    assert [f.location.graph for f in found] == [body.graph]
    assert found[0].severity in (Severity.ERROR, Severity.WARNING)
    assert found[0].location.op_type in ("Log", "Sqrt", "Reciprocal", "Div")
    assert found[0].witness is not None and found[0].witness.value in ("nan", "inf", "-inf")


@pytest.mark.parametrize("lines", GOOD)
@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind)
def test_what_the_ranges_exclude_in_a_body_is_not_accused(body: Body, lines: str, tmp_path: Path) -> None:
    assert numbers(audited(body.text.format(lines), tmp_path)) == []


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        ("l = Log(s) r = Sqrt(s) t = Max(l, r)", ("Log[0], its argument s", "Sqrt[1], its argument s")),
        ('l = Log(s) m = Einsum<equation = "i->i">(s) t = Max(m, l)', ("Log[0], its argument s", "Einsum, which")),
    ],
)
def test_of_several_places_in_a_body_none_is_accused_alone(lines: str, places: tuple[str, str], tmp_path: Path) -> None:
    (found,) = (f for f in audited(BODIES[0].text.format(lines), tmp_path).findings if f.rule == "domain-faults")
    assert (found.location.graph, found.location.node) == ("", "F[0]")
    assert found.message.startswith(f"F[0]: in what it runs {places[0]}") and f"; or {places[1]}" in found.message
    assert found.witness is not None and found.witness.tensor == "y"
    assert found.fix.startswith("clip it to a small constant in front of it")  # of the first


def test_an_overflow_begins_in_a_function_for_some_inputs_only(tmp_path: Path) -> None:
    text = BODIES[0].text.format("t = Exp(s)")
    (found,) = (f for f in audited(text, tmp_path, low=0.0, high=100.0).findings if f.rule == "activation-overflow")
    assert (found.location.graph, found.location.op_type) == ("function my.F", "Exp")
    assert found.severity is Severity.WARNING and found.witness is not None
    assert numbers(audited(text, tmp_path, low=0.0, high=80.0)) == []


def test_a_fault_that_leaves_no_body_harms_nobody(tmp_path: Path) -> None:
    """The Where takes the other number; its condition hangs on the same input."""
    lines = "l = Log(s) z = Sub(s, s) c = Greater(s, z) d = IsInf(l) e = Not(d) f = And(c, e) t = Where(f, s, z)"
    report = audited(BODIES[0].text.format(lines), tmp_path)
    assert numbers(report) == []


def walked(text: str, *, low: float = -1.0, high: float = 1.0, most: int = 10_000) -> RangeWalk:
    model = loads(parser.parse_model(HEAD + text).SerializeToString())
    facts = infer(model)
    given = {v.name: known(facts[v.name].dtype, low, high) for v in model.graph.feeds if v.name != "c"}
    return RangeWalk(model, facts, given, StoredNumbers(model), strict=True, most=most)


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("t = Tanh(s)", 7),
        ("t = Mul(s, s)", 7),
        ("o = Neg(s) t = Relu(o)", 3),
        ("o = Add(s, s) t = Sub(o, s)", 4),
        ("o = Abs(s) t = Sqrt(o)", 9),
        ("t = Add(s, s)", 40),
        ("t = Exp(s)", 4),
    ],
)
@pytest.mark.parametrize("given", [(-1.0, 1.0), (0.0, 1.5)])
def test_what_a_loop_carries_lies_in_its_interval(line: str, times: int, given: tuple[float, float]) -> None:
    """Whatever the runtime gives after so many times."""
    text = LOOP.format(line).replace("m = {5}", f"m = {{{times}}}")
    one = walked(text, low=given[0], high=given[1]).main["y"].sound
    session = onnxruntime.InferenceSession(parser.parse_model(HEAD + text).SerializeToString())
    for x in np.random.default_rng(0).uniform(*given, (50, 4)).astype(np.float32):
        (y,) = session.run(None, {"x": x})
        inside = (y >= one.low) & (y <= one.high)
        assert (inside | (np.isnan(y) & one.nan)).all()


ONE = ("Neg", "Abs", "Relu", "Exp", "Log", "Sqrt", "Reciprocal", "Tanh", "Sin", "Floor", "Erf", "Softplus", "Sign")
TWO = ("Add", "Sub", "Mul", "Div", "Max", "Min", "Pow")


def drawn(random: Random) -> tuple[str, float, float]:
    """A Loop that carries two tensors through nodes by chance, and the ends of what it starts with."""
    names, lines = ["s", "q"], []
    for i in range(random.randint(1, 5)):
        few = random.random() < 0.5
        made = f"{random.choice(ONE)}({random.choice(names)})"
        lines.append(
            f"v{i} = {made if few else f'{random.choice(TWO)}({random.choice(names)}, {random.choice(names)})'}"
        )
        names.append(f"v{i}")
    lines += [f"t = Identity({random.choice(names[2:])})", f"r = Identity({random.choice(names)})"]
    times = random.choice((0, 1, 2, 5, 9))
    stored = f"<int64 m = {{{times}}}, bool c = {{1}}>"
    head = f"g (float[4] x, float[4] z) => (float[4] y, float[4] w, float[{times}, 4] o) {stored}"
    body = "b (int64 i, bool k, float[4] s, float[4] q) => (bool l, float[4] t, float[4] r, float[4] u)"
    inside = "l = Identity(k) " + " ".join(lines) + f" u = Identity({names[-1]})"
    low, high = sorted(random.sample((-1e3, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 50.0), 2))
    return f"{head} {{ y, w, o = Loop (m, c, x, z) <body = {body} {{ {inside} }}> }}", low, high


@pytest.mark.parametrize("seed", range(40))
def test_whatever_a_loop_does_lies_in_its_intervals(seed: int) -> None:
    """And where the runtime gives NaN or infinity, there is a node where it may begin."""
    text, low, high = drawn(Random(seed))
    walk = walked(text, low=low, high=high)
    session = onnxruntime.InferenceSession(parser.parse_model(HEAD + text).SerializeToString())
    numbers = np.random.default_rng(seed)
    for _ in range(10):
        middle = np.clip(0.0, low, high)
        x, z = (numbers.choice([numbers.uniform(low, high), low, high, middle], 4).astype(np.float32) for _ in "xz")
        for name, value in zip("ywo", session.run(None, {"x": x, "z": z}), strict=True):
            one = walk.main[name].sound
            inside = (value >= one.least) & (value <= one.most)
            assert (inside | (np.isnan(value) & one.nan)).all()
            assert walk.starts or np.isfinite(value).all()


def test_what_one_more_time_does_not_leave_stays_as_narrow_as_it_began() -> None:
    one = walked(LOOP.format("t = Tanh(s)")).main["y"].sound
    assert (one.least, one.most) == (-1.0, 1.0)
    grown = walked(LOOP.format("t = Add(s, s)")).main["y"].sound
    assert (grown.least, grown.most) == (-np.inf, np.inf)  # in 200 times it would be


def test_a_loop_counts_from_zero_to_one_less_than_its_trips() -> None:
    text = LOOP.format("f = Cast<to = 1>(i) e = Expand(f, four) t = Identity(e)").replace(
        "bool c = {1}>", "bool c = {1}, int64[1] four = {4}>"
    )
    one = walked(text, low=0.0, high=1.0).main["y"].sound
    assert (one.least, one.most) == (0.0, 4.0)  # and before the first time x in [0, 1]


def test_what_is_scanned_is_each_time_a_part_of_the_input() -> None:
    main = walked(SCAN.format("t = Add(s, s)"), low=-2.0, high=3.0).main
    assert (main["y"].sound.least, main["y"].sound.most) == (-4.0, 6.0)
    assert (main["z"].sound.least, main["z"].sound.most) == (0.0, 3.0)


def test_a_loop_is_walked_a_few_times_however_slowly_it_grows() -> None:
    """x + x leaves float32 after 128 times: the interval is there after four."""
    assert walked(LOOP.format("t = Add(s, s)"), most=25).left_out == set()


def test_a_fault_of_a_loop_is_told_once_with_all_that_it_carries() -> None:
    (start,) = walked(LOOP.format("n = Sub(s, one) t = Log(n)").replace("c = {1}>", "c = {1}, float one = {1}>")).starts
    assert start.inputs[0] is not None and start.inputs[0].least < -1e38


def always(text: str) -> list[bool]:
    model = loads(parser.parse_model(HEAD + text).SerializeToString())
    return [doubt.always for doubt in doubts(model, walked(text), None)]


NEVER_ABOVE = "p = Sigmoid(s) two = Constant<value_float = 2.0>() m = Sub(p, two) t = Sqrt(m)"


def test_a_fault_is_there_for_every_input_where_its_body_always_runs() -> None:
    function, _, branch, loop, _ = (body.text.format(NEVER_ABOVE) for body in BODIES)
    assert always(function) == [True]
    assert always(branch) == [False] and always(loop) == [False]
    decided = branch.replace("float[4] s, bool c)", "float[4] s)").replace(
        "n = Not(c)", "n = Constant<value=bool {1}>()"
    )
    assert always(decided) == [True]


def test_what_is_watched_leaves_the_type_of_what_comes_out(tmp_path: Path) -> None:
    """In the body it is float16, which ends at 65504; what comes out is float32."""
    text = BODIES[0].text.format("h = Cast<to = 10>(s) l = Log(h) t = Cast<to = 1>(l)")
    model = loads(parser.parse_model(HEAD + text).SerializeToString())
    (one,) = doubts(model, walked(text), None)
    assert (one.watched, one.low, one.high) == ("y", -3.4028234663852886e38, 3.4028234663852886e38)


def excluded(text: str, operator: str, *, most: int | None = None) -> bool:
    model = loads(parser.parse_model(HEAD + text).SerializeToString())
    ranges = Ranges(model, infer(model), Settings(ranges={"x": (0.5, 1.0)}))
    if most is not None:
        ranges.__dict__["walk"] = walked(text, low=0.5, high=1.0, most=most)
    nodes = (node for scope in scopes(model) for node in scope.graph.nodes)
    return ranges.excludes(next(node for node in nodes if node.op_type == operator))


def test_only_what_was_walked_is_excluded() -> None:
    text = "g (float[4] x) => (float[4] y) { a = Log(x) y = Relu(a) }"
    assert excluded(text, "Log")
    assert not excluded(text.replace("Log(x)", "Neg(x) b = Log(a)").replace("Relu(a)", "Relu(b)"), "Log")
    assert not excluded(text, "Log", most=1)  # perhaps it is called where nobody walked
    uncalled = '\n<domain: "my", opset_import: ["" : 17]> F (s) => (t) { t = Sqrt(s) }'
    assert not excluded(text + uncalled, "Sqrt")
    assert excluded(BODIES[0].text.format("t = Log(s)"), "Log")
    deep = "".join(
        f'\n<domain: "my", opset_import: ["" : 17, "my" : 1]> F{i} (s) => (t) {{ t = my.F{i + 1}(s) }}'
        for i in range(9)
    )
    last = '\n<domain: "my", opset_import: ["" : 17]> F9 (s) => (t) { t = Sqrt(s) }'
    assert not excluded("g (float[4] x) => (float[4] y) { a = Log(x) y = my.F0(a) }" + deep + last, "Log")


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind)
def test_what_the_graph_alone_tells_of_a_node_is_not_told_again(body: Body, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    text = body.text.format("p = Relu(s) t = Log(p)")
    path.write_bytes(parser.parse_model(HEAD + text).SerializeToString())
    report = audit(path, Settings(ranges={"*": (-1.0, 1.0)}, run=False))
    (found,) = (f for f in report.findings if f.rule == "domain-faults")
    assert (found.location.graph, found.severity) == (body.graph, Severity.WARNING)


def missed(text: str, folder: Path, **more: object) -> list[str]:
    path = folder / "model.onnx"
    path.write_bytes(parser.parse_model(HEAD + text).SerializeToString())
    report = audit(path, Settings(ranges={"x": (-1.0, 1.0)}, run=False, **more))  # type: ignore[arg-type]  # one of them
    return [m.what for m in report.coverage.skipped if "range" in m.what or "wrap" in m.what or "hold" in m.what]


def test_what_nothing_bounds_is_said(tmp_path: Path) -> None:
    assert missed("g (float[2, 2] x) => (float y) { d = Det(x) y = Relu(d) }", tmp_path) == [
        "ranges behind Det (1 node)"
    ]
    assert missed("g (float[2, 2] x) => (float[2, 2] y) { y = Relu(x) }", tmp_path) == []


def test_what_is_said_counts_nodes_and_not_how_often_they_are_walked(tmp_path: Path) -> None:
    """A loop is walked until what it carries is stable, a function for each of its calls."""
    loop = LOOP.format('e = Einsum<equation = "i->i">(s) i32 = Cast<to = 6>(e) f = Cast<to = 1>(i32) t = Add(f, s)')
    calls = BODIES[0].text.format('t = Einsum<equation = "i->i">(s)').replace("y = my.F(x)", "a = my.F(x) y = my.F(a)")
    assert missed(loop, tmp_path)[0] == "ranges behind Einsum (1 node)"
    assert missed(loop, tmp_path)[1] == "integers that wrap around in functions, branches and loops (1 node)"
    assert missed(loop, tmp_path, target_dtype="float16")[2].endswith("in functions, branches and loops (5 nodes)")
    assert missed(calls, tmp_path) == ["ranges behind Einsum (1 node)"]
    assert len(walked(loop, most=3).left_out) == 5  # of the body none was walked until it was stable


def test_what_is_not_looked_for_in_bodies_is_said(tmp_path: Path) -> None:
    cast = BODIES[0].text.format("i = Cast<to = 6>(s) t = Cast<to = 1>(i)")
    assert missed(cast, tmp_path) == ["integers that wrap around in functions, branches and loops (1 node)"]
    relu = BODIES[0].text.format("t = Relu(s)")
    assert missed(relu, tmp_path) == []
    assert missed(relu, tmp_path, target_dtype="float16") == [
        "what float16 cannot hold in functions, branches and loops (1 node)"
    ]


def test_nodes_beyond_the_budget_are_counted() -> None:
    text = "g (float[4] x) => (float[4] y) { a = Relu(x) b = Relu(a) y = Relu(b) }"
    assert len(walked(text, most=1).left_out) == 2
    assert walked(text, most=3).left_out == set()
