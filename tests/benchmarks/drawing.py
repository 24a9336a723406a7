"""Layered drawings of real models' graphs beside graphviz's dot and dagre, counted by one counter.

dot is taken from the path; dagre (``npm install @dagrejs/dagre``) from the folder that AUDITOR_DAGRE names, with node.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from auditor.drawing.layered import NODE_GAP, ROW_GAP, layered
from auditor.model.graph import Graph, Model, Node
from auditor.model.load import load, loads
from tests.corpus import SAMPLES, converted_models, light_models, node_tests
from tests.crater.wheels import Offline, fetched
from tests.drawing.layered.geometry import Drawing, Measures, measures
from tests.pace import unit

Tell = Callable[[str, str, str, bool], None]
LEAST, MOST = 10, 1_000
"""Boxes of a graph that is drawn."""


class Subject(NamedTuple):
    name: str
    sizes: list[tuple[float, float]]
    edges: list[tuple[int, int]]


class Result(NamedTuple):
    measures: Measures
    seconds: float


def drawing(tell: Tell) -> None:
    """Crossings and overlaps at most 1.3 times those of the better peer, in all and for each graph."""
    peers = {name: found for name, found in (("dot", dot()), ("dagre", dagre())) if found}
    rows = []
    for subject in subjects():
        results = {"ours": _ours(subject), **{name: draw(subject) for name, draw in peers.items()}}
        rows.append((subject, results))
        print(_line(subject, results), flush=True)
    _conclude(tell, rows, list(peers))
    speed(tell)


def _line(subject: Subject, results: dict[str, Result]) -> str:
    cells = [f"{subject.name[:44]:44} {len(subject.sizes):4} {len(subject.edges):5}"]
    for name, (m, seconds) in results.items():
        cells.append(
            f"{name} {m.crossings:5} x {m.overlaps:3} o {m.length / 1e3:7.1f} k {m.width:5.0f} w {m.height:6.0f} h"
            f" {seconds * 1e3:6.0f} ms"
        )
    return " | ".join(cells)


def _conclude(tell: Tell, rows: Sequence[tuple[Subject, dict[str, Result]]], peers: Sequence[str]) -> None:
    sums = {name: [sum(r[name].measures[i] for _, r in rows) for i in range(5)] for name in ("ours", *peers)}
    for name, (crossings, overlaps, length, width, height) in sums.items():
        print(f"{name}: {crossings} crossings, {overlaps} overlaps, {length:.0f} long, {width:.0f} by {height:.0f}")
    overlaps = sums["ours"][1]
    tell(f"overlaps in drawings of {len(rows)} graphs", f"{overlaps:.0f}", "0", overlaps == 0)
    if not peers:
        return
    better = min(sums[name][0] for name in peers)
    ratio = sums["ours"][0] / max(better, 1)
    figure = f"{ratio:.2f}x ({sums['ours'][0]:.0f} and {better:.0f})"
    tell(f"crossings in all, against the better of {' and '.join(peers)}", figure, "<= 1.3x", ratio <= 1.3)
    worse = [
        f"{subject.name}: {results['ours'].measures.crossings} and {best}"
        for subject, results in rows
        if results["ours"].measures.crossings > 1.3 * (best := min(results[p].measures.crossings for p in peers))
    ]
    tell("graphs with more crossings", "; ".join(worse) or "none", "none over 1.3x", not worse)


def _ours(subject: Subject) -> Result:
    began = time.process_time()
    placed = layered(subject.sizes, subject.edges)
    seconds = time.process_time() - began
    return Result(measures(Drawing(subject.sizes, subject.edges, placed.centres, placed.routes)), seconds)


def dot() -> Callable[[Subject], Result] | None:
    """Graphviz's dot, or None, saying why."""
    program = shutil.which("dot")
    if not program:
        print("dot is not compared: graphviz is not installed")
        return None

    def draw(subject: Subject) -> Result:
        lines = [f"digraph {{ splines=polyline; nodesep={NODE_GAP / 72}; ranksep={ROW_GAP / 72};"]
        lines.append('node [shape=box, fixedsize=true, label=""]; edge [arrowhead=none];')
        lines += [f"{i} [width={w / 72:.5f}, height={h / 72:.5f}];" for i, (w, h) in enumerate(subject.sizes)]
        lines += [f"{u} -> {v} [id={i}];" for i, (u, v) in enumerate(subject.edges)]
        began = time.perf_counter()
        done = subprocess.run(
            [program, "-Tjson"], input="\n".join([*lines, "}"]), capture_output=True, text=True, check=True
        )
        seconds = time.perf_counter() - began
        told = json.loads(done.stdout)
        named = {o["_gvid"]: int(o["name"]) for o in told["objects"]}
        centres = [(0.0, 0.0)] * len(subject.sizes)
        for one in told["objects"]:
            x, y = one["pos"].split(",")
            centres[named[one["_gvid"]]] = (float(x), -float(y))
        routes: list[list[tuple[float, float]]] = [[] for _ in subject.edges]
        for edge in told["edges"]:
            points = [p.split(",") for p in edge["pos"].split() if p[0] not in "es"]
            bends = [(float(x), -float(y)) for x, y in points]
            routes[int(edge["id"])] = bends[::3]
        return Result(measures(Drawing(subject.sizes, subject.edges, centres, routes)), seconds)

    return draw


DAGRE = """
const dagre = require(process.argv[1]);
const { sizes, edges, gaps } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const graph = new dagre.graphlib.Graph({ multigraph: true });
graph.setGraph({ nodesep: gaps[0], ranksep: gaps[1], edgesep: 14 });
graph.setDefaultEdgeLabel(() => ({}));
sizes.forEach(([width, height], i) => graph.setNode(String(i), { width, height }));
edges.forEach(([u, v], i) => graph.setEdge(String(u), String(v), {}, String(i)));
const began = process.cpuUsage().user;
dagre.layout(graph);
const seconds = (process.cpuUsage().user - began) / 1e6;
const centres = sizes.map((_, i) => [graph.node(String(i)).x, graph.node(String(i)).y]);
const routes = edges.map(([u, v], i) => graph.edge(String(u), String(v), String(i)).points.map((p) => [p.x, p.y]));
console.log(JSON.stringify({ seconds, centres, routes }));
"""


def dagre() -> Callable[[Subject], Result] | None:
    """Dagre, run by node, or None, saying why."""
    node, package = shutil.which("node"), os.environ.get("AUDITOR_DAGRE")
    if not node or not package:
        print("dagre is not compared: node is not installed, or AUDITOR_DAGRE names no folder of @dagrejs/dagre")
        return None

    def draw(subject: Subject) -> Result:
        asked = json.dumps({"sizes": subject.sizes, "edges": subject.edges, "gaps": [NODE_GAP, ROW_GAP]})
        command = [node, "--stack-size=8000", "-e", DAGRE, str(Path(package).resolve())]
        done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
        told = json.loads(done.stdout)
        centres = [(x, y) for x, y in told["centres"]]
        routes = [[(x, y) for x, y in way] for way in told["routes"]]
        return Result(measures(Drawing(subject.sizes, subject.edges, centres, routes)), told["seconds"])

    return draw


def subjects() -> Iterator[Subject]:
    """Graphs of real models and of ONNX's own function bodies, each structure once, constants left out."""
    seen: set[object] = set()
    for name, model in _models():
        for path, graph in _graphs(model):
            subject = _subject(f"{name}{path}", graph)
            key = tuple(sorted(subject.edges))
            if LEAST <= len(subject.sizes) <= MOST and key not in seen:
                seen.add(key)
                yield subject


def _models() -> Iterator[tuple[str, Model]]:
    for path in [*light_models(), *sorted(SAMPLES.rglob("*.onnx"))]:
        if "broken" not in path.parts:
            yield path.stem, load(path)
    for path in converted_models():
        yield path.parent.name, load(path)
    kept = os.environ.get("AUDITOR_CRATER")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            for real in fetched(Path(kept or scratch)):
                yield real.name, load(real.path)
        except Offline as error:
            print(f"the crater's models are not drawn: {error}")
    for case in node_tests():
        if case.name.endswith("_expanded") and len(case.model.graph.node) >= LEAST:
            yield case.name.removeprefix("test_"), loads(case.model.SerializeToString())


def _graphs(model: Model) -> Iterator[tuple[str, Graph]]:
    """The main graph and all bodies below it, with their paths."""
    waiting = [("", model.graph)]
    while waiting:
        path, graph = waiting.pop()
        yield path, graph
        for i, node in enumerate(graph.nodes):
            waiting += [(f"{path}/{node.op_type}{i}.{name}", body) for name, body in _bodies(node)]


def _bodies(node: Node) -> Iterator[tuple[str, Graph]]:
    for name, value in node.attributes.items():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Graph):
                yield name, one


def _subject(name: str, graph: Graph) -> Subject:
    """Boxes for inputs, for nodes that something of the input reaches, and for outputs; edges for what goes between."""
    made: dict[str, int] = {}
    sizes: list[tuple[float, float]] = []
    edges: list[tuple[int, int]] = []

    def box(text: str, lines: int) -> int:
        sizes.append((float(max(40, 16 + 7 * len(text))), 14.0 + 14 * lines))
        return len(sizes) - 1

    own = {name for node in graph.nodes for name in node.outputs}
    for value in graph.feeds:
        made[value.name] = box(value.name[:24], 1)
    constant = {n.name for n in graph.initializers} | {""}
    for node in graph.nodes:
        takes = [n for n in node.inputs if n not in constant]
        if not takes and not any(_bodies(node)):
            constant.update(node.outputs)
            continue
        here = box(node.op_type, 2 if node.attributes else 1)
        for taken in takes:
            if taken not in made and taken not in own:
                made[taken] = box(taken[:24], 1)  # of an outer graph
            if taken in made:
                edges.append((made[taken], here))
        made.update(dict.fromkeys(node.outputs, here))
    for value in graph.outputs:
        if value.name in made:
            edges.append((made[value.name], box(value.name[:24], 1)))
    return Subject(name, sizes, edges)


def speed(tell: Tell) -> None:
    """CPU for networks of 2,000 and 50,000 nodes, in units of ordinary Python: 0.02 s each on a machine of 2025."""
    for nodes, most, times in ((2_000, 2.5, 5), (50_000, 50.0, 2)):
        for kind, subject in (("residual", residual(nodes)), ("attention", attention(nodes))):
            ratio = min(_timed(subject) / unit() for _ in range(times))
            figure = f"{ratio:.1f} units ({ratio * 20:.0f} ms at 20 ms a unit)"
            tell(f"layout of {nodes:,} nodes, {kind}", figure, f"<= {most:g} units", ratio <= most)


def _timed(subject: Subject) -> float:
    began = time.process_time()
    layered(subject.sizes, subject.edges)
    return time.process_time() - began


def residual(nodes: int) -> Subject:
    """Blocks of three convolutions with a short cut over each."""
    edges, last, at = [], 0, 1
    while at + 7 < nodes:
        edges += [(last, at), *((at + i, at + i + 1) for i in range(6)), (last, at + 6)]
        at, last = at + 7, at + 6
    return Subject("residual", [(80.0, 30.0)] * at, edges)


def attention(nodes: int) -> Subject:
    """Blocks of self-attention and a dense part, with one mask for all, as exporters write them."""
    edges: list[tuple[int, int]] = [(1, 2)]
    mask, last, at = 2, 0, 3

    def chain(start: int, length: int) -> int:
        nonlocal at
        for _ in range(length):
            edges.append((start, at))
            start, at = at, at + 1
        return start

    while at + 48 < nodes:
        norm = chain(last, 2)
        square = chain(norm, 3)
        edges.append((norm, square))
        q, k, v = (chain(square, 4) for _ in range(3))
        scores = chain(q, 1)
        edges.append((k, scores))
        scores = chain(scores, 2)
        edges.append((mask, scores))
        soft = chain(scores, 2)
        edges.append((v, soft))
        joined = chain(soft, 4)
        edges.append((last, joined))
        dense = chain(joined, 3)
        gate = chain(dense, 2)
        up = chain(dense, 1)
        edges.append((gate, up))
        last = chain(up, 2)
        edges.append((joined, last))
    return Subject("attention", [(80.0, 30.0)] * at, edges)


if __name__ == "__main__":
    drawing(lambda what, figure, wanted, good: print("ok   " if good else "SHORT", what, figure, wanted))
