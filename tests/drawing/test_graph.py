"""Graphs as SVG: well-formed, harmless, each node at one address, and all that a script is told of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from auditor.costs.count import count
from auditor.drawing.details import details
from auditor.drawing.faces import face, sizes
from auditor.drawing.graph import draw, script, style
from auditor.drawing.marks import marks
from auditor.drawing.standing import standing
from auditor.drawing.wires import way, wires
from auditor.model.load import load
from auditor.picture.graph import (
    Box,
    Change,
    Connection,
    Frame,
    GraphPicture,
    Mark,
    OperatorKind,
    Role,
    Sort,
    StoredInside,
    TensorMade,
)  # fmt: skip
from auditor.picturing.graph import graph_of
from auditor.shapes.facts import infer

from ..corpus import DATA

SHAPE = "float32 [1, 8, 4, 4]"


def box(label: str, node: int, **more: Any) -> Box:
    made = (TensorMade(f"{label}_out", SHAPE),)
    return Box("Conv", label, OperatorKind.CONV, Role.NODE, 0, node, made)._replace(**more)


def chain(*boxes: Box, sort: Sort = Sort.MAIN, parent: int = -1) -> Frame:
    laid = tuple(Connection(i, i + 1, one.made[0].tensor, one.made[0].text) for i, one in enumerate(boxes[:-1]))
    return Frame(sort, "chain", boxes, laid, parent)


@pytest.fixture(scope="module")
def resnet() -> GraphPicture:
    model = load(DATA / "light" / "light_resnet50.onnx")
    facts = infer(model)
    return graph_of(model, facts, count(facts))


def parsed(graph: GraphPicture) -> ElementTree.Element:
    """The page's part as XML, the data block left out."""
    return ElementTree.fromstring(f"<r>{''.join(draw(graph)).partition('<script')[0]}</r>")


def told(graph: GraphPicture, place: int, index: int) -> dict[str, object]:
    """What the data block says of a box, read as the script reads it."""
    data = json.loads(details(graph))
    it = data["sheets"][place][index]
    kind, *own = it if isinstance(it, list) else [it]
    usual = [0, [], [], 0, 0, 0, 0, [], []]
    row = [*data["kinds"][kind], *usual[len(data["kinds"][kind]) :]]
    names, sources = (own[0] if own and own[0] else row[7]), (own[1] if len(own) > 1 else row[8])
    label = graph.frames[place].boxes[index].label
    return {
        "attributes": data["attributes"][row[0]],
        "made": [data["texts"][i] for i in row[1]],
        "stored": [data["texts"][i] for i in row[2]],
        "parameters": row[3],
        "macs": row[4],
        "bytes": row[5],
        "formula": data["texts"][row[6]],
        "names": [label + name[1:] if name[0] == "=" else name[1:] for name in names],
        "sources": [index - step for step in sources],
    }


def test_every_node_of_a_real_graph_has_one_address(resnet: GraphPicture) -> None:
    nodes = {one.anchor for frame in resnet.frames for one in frame.boxes if one.node >= 0}
    found = Counter(
        element.get("id") for element in parsed(resnet).iter() if (element.get("id") or "").startswith("n-")
    )
    assert set(found) == nodes and set(found.values()) == {1}


def test_links_lead_to_sheets_that_are_there(resnet: GraphPicture) -> None:
    root = parsed(resnet)
    sheets = {element.get("id") for element in root.iter() if element.get("class") == "sheet"}
    assert sheets == {f"s-{place}" for place in range(len(resnet.frames))}
    assert {(element.get("href") or "")[1:] for element in root.iter("a")} == sheets


def test_nothing_needs_what_the_policy_of_a_page_forbids(resnet: GraphPicture) -> None:
    for element in parsed(resnet).iter():
        assert not [name for name in element.attrib if name == "style" or name.startswith("on")]
    for text in (style(), script()):
        assert "http" not in text and "url(" not in text and "@import" not in text and "</" not in text
    assert "innerHTML" not in script() and "eval" not in script()


def test_a_kernel_and_a_new_size_are_shown() -> None:
    wide = box(
        "b", 1, made=(TensorMade("o", "float32 [1, 16, 2, 2]"),), stored=(StoredInside("w", "float32 [16, 8, 3, 3]"),)
    )
    page = "".join(draw(GraphPicture((chain(box("a", 0), wide, box("c", 2)),))))
    assert ">16×8×3×3<" in page
    assert page.count(">1×16×2×2<") == 1  # below b alone


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("float32 [1, 3, 8, 8]", "1×3×8×8"), ("int64 [N, 4]", "int64 N×4"), ("float32 []", "scalar"),
        ("sequence float32 [2]", "sequence float32 2"), ("", ""),
    ],
)  # fmt: skip
def test_a_type_in_short(text: str, shown: str) -> None:
    assert sizes(text) == shown


def test_a_fault_is_marked_by_a_sign_and_lights_what_leads_to_it() -> None:
    frame = chain(box("a", 0), box("b", 1, findings=(0,)), box("c", 2))
    graph = GraphPicture((frame,), (Mark("f1", "error", "some-rule", "wrong"),))
    assert marks(graph)[0].worst == ["", "error", ""] and marks(graph)[0].lit == {0, 1}
    page = "".join(draw(graph))
    assert re.search(r'id="n-0-0" class="conv lit"', page)
    assert re.search(r'id="n-0-1" class="conv lit error">.*✕ Conv', page)
    assert re.search(r'id="n-0-2" class="conv">', page)
    assert page.count('<path class="lit"') == 1


def test_a_fault_within_a_frame_is_seen_from_outside() -> None:
    holder = box("loop", 1, inside=(1,))
    inner = chain(box("x", 0, graph=1, findings=(1,)), box("y", 1, graph=1), sort=Sort.SUBGRAPH, parent=0)
    both = (Mark("f1", "error", "r", "m"), Mark("f2", "note", "r", "m"))
    found = marks(GraphPicture((chain(box("a", 0), holder, box("z", 2)), inner), both))
    assert found[0].worst == ["", "note", ""] and found[0].lit == {0, 1}
    assert found[1].worst == ["note", ""] and found[1].lit == {0}


def test_a_constant_with_a_finding_has_an_address_within_its_operator() -> None:
    graph = GraphPicture(
        (chain(box("a", 4, folded=(1, 2), findings=(0,)), box("b", 5)),), (Mark("f", "note", "r", "m"),)
    )
    (owner,) = [one for one in parsed(graph).iter() if one.get("id") == "n-0-4"]
    assert {"n-0-1", "n-0-2"} <= {one.get("id") for one in owner.iter()}


def test_changes_are_told_by_signs_and_classes() -> None:
    frame = chain(
        box("a", 0, change=Change.ADDED),
        box("b", 1, change=Change.SAME),
        box("c", 2, change=Change.CHANGED, changes=("strides from 1 to 2",)),
    )
    graph = GraphPicture((frame,))
    page = "".join(draw(graph))
    assert 'class="conv added"' in page and "+ Conv" in page and "≠ Conv" in page
    assert json.loads(details(graph))["changes"] == {"0,2": ["strides from 1 to 2"]}


HOSTILE = (
    "</title><script>alert(1)</script>",
    '"><a href="http://x">',
    "a\u202eb\x00\x1b[31m",
    "]]>&amp;<!--",
    "x" * 5000,
)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text(name: str) -> None:
    frame = chain(
        box(name, 0, op=name, made=(TensorMade(name, name),), attributes=((name, name),), formula=name),
        box("b", 1, stored=(StoredInside(name, name),), inside=(1, 2)),
        Box(name, name, role=Role.OUTPUT, made=(TensorMade(name, name),)),
    )
    inner = chain(box(name, 0, graph=1), sort=Sort.SUBGRAPH, parent=0)._replace(title=name, unseen=name)
    graph = GraphPicture((frame, inner, inner), (Mark("f", "error", name, name),))
    page = "".join(draw(graph))
    assert page.count("<script") == 1 and "<!--" not in page and 'http://x"' not in page
    assert not set(page) & {"\u202e", "\x00", "\x1b"}
    tags = {element.tag for element in parsed(graph).iter()}
    assert tags <= {"r", "div", "p", "b", "a", "svg", "g", "path", "text", "tspan", "title"}
    assert len(page) < 40_000
    alone = ElementTree.fromstring("".join(standing(graph, name)))
    assert {element.tag.rpartition("}")[2] for element in alone.iter()} == {
        "svg", "title", "style", "rect", "view", "g", "path", "text", "a",
    }  # fmt: skip


def test_the_data_block_cannot_end_its_element() -> None:
    text = details(GraphPicture((chain(box("</script>\u2028", 0), box("&", 1)),)))
    assert not set(text) & set("<>&\u2028\u2029")


def test_the_script_is_told_everything_of_a_box() -> None:
    first = box("/layer/conv", 0, made=(TensorMade("/layer/conv_out", SHAPE),))
    second = box(
        "b", 1, attributes=(("pads", "[1, 1]"),), stored=(StoredInside("w", "float32 [8, 8]"),), parameters=64,
        macs=None, bytes=2**60, formula="4 + 2 - 3 + 1 = 4",
    )  # fmt: skip
    graph = GraphPicture((chain(first, second),))
    assert told(graph, 0, 0)["names"] == ["/layer/conv_out"]
    assert json.loads(details(graph))["sheets"][0][0] == 0  # its names go on from its own: it is but its row's place
    assert told(graph, 0, 1) == {
        "attributes": [["pads", "[1, 1]"]], "made": [SHAPE], "stored": ["float32 [8, 8]"], "parameters": 64,
        "macs": None, "bytes": f"{2**60:,}", "formula": "4 + 2 - 3 + 1 = 4", "names": ["b_out", "w"], "sources": [0],
    }  # fmt: skip


def test_sources_far_away_are_told(resnet: GraphPicture) -> None:
    boxes = [box(str(i), i) for i in range(60)]
    graph = GraphPicture((chain(*boxes)._replace(wires=(Connection(0, 59, "t"), Connection(58, 59, "u"))),))
    assert told(graph, 0, 59)["sources"] == [0, 58]
    for place, frame in enumerate(resnet.frames[:3]):
        for index in range(len(frame.boxes)):
            assert told(resnet, place, index)["sources"] == [w.source for w in frame.wires if w.target == index]


def ends(path: str) -> Iterator[tuple[float, float]]:
    """Where each wire of a path begins and ends, by the grammar of SVG paths."""
    for one in path.split("M")[1:]:
        start, *_ = re.match(r"(-?\d+) (-?\d+)", one).groups(), one  # type: ignore[union-attr]  # it begins so
        x, y = map(float, start)
        yield x, y
        for command, rest in re.findall(r"([vhc])([^vhcM]*)", one):
            numbers = [float(n) for n in re.findall(r"-?\d+", rest)]
            x, y = (
                (x, y + numbers[0])
                if command == "v"
                else (x + numbers[0], y)
                if command == "h"
                else (x + numbers[-2], y + numbers[-1])
            )
        yield x, y


def test_a_wire_begins_and_ends_where_its_route_does() -> None:
    route = ((10.4, 0.0), (10.4, 20.6), (50.0, 60.0), (50.0, 90.0))
    assert list(ends(way(route, 5))) == [(15, 5), (55, 95)]
    assert way(route[:2]) == "M10 0v21"


def test_few_wires_share_a_path() -> None:
    frame = chain(*(box(str(i), i) for i in range(200)))
    routes = [((0.0, 10.0 * i), (0.0, 10.0 * i + 5)) for i in range(199)]
    paths = list(wires(frame, routes, frozenset(), 0))
    assert sum(path.count("M") for path in paths) == 199 and max(path.count("M") for path in paths) <= 40


def test_equal_boxes_have_one_face() -> None:
    assert face(box("a", 0)) is face(box("b", 1))
    assert face(box("a", 0), below="1×2").reach > face(box("a", 0)).reach


def test_a_drawing_stands_for_itself(resnet: GraphPicture) -> None:
    text = "".join(standing(resnet, "resnet"))
    root = ElementTree.fromstring(text)
    views = {element.get("id") for element in root.iter("{http://www.w3.org/2000/svg}view")}
    assert views == {f"s-{place}" for place in range(len(resnet.frames))}
    assert "var(" not in text and "light-dark(" not in text and "<script" not in text
    light, _, dark = text.partition("@media (prefers-color-scheme:dark)")
    assert ".conv path{fill:#dbe8fa" in light and ".conv path{fill:#233a5c" in dark


def test_a_trail_of_deep_frames_is_short() -> None:
    frames = [chain(box("a", 0, inside=(1,)))]
    frames += [chain(box("a", 0, graph=i, inside=(i + 1,)), sort=Sort.SUBGRAPH, parent=i - 1) for i in range(1, 99)]
    frames.append(chain(box("a", 0, graph=99), sort=Sort.SUBGRAPH, parent=98))
    trails = re.findall(r'<p class="trail">(.*?)</p>', "".join(draw(GraphPicture(tuple(frames)))))
    assert len(trails) == 100 and max(trail.count("<a ") for trail in trails) == 7
    assert trails[99].startswith('<a href="#s-0">')


def test_a_large_graph_is_brief(monkeypatch: pytest.MonkeyPatch, resnet: GraphPicture) -> None:
    """Without sizes and without quotes, and still each node at one address."""
    whole = "".join(draw(resnet))
    monkeypatch.setattr("auditor.drawing.sheet.BRIEF", 100)
    page = "".join(draw(resnet))
    assert len(page) < len(whole) and "64×3×7×7" in whole and "64×3×7×7" not in page.partition("<script")[0]
    nodes = {one.anchor for frame in resnet.frames for one in frame.boxes if one.node >= 0}
    assert Counter(re.findall(r" id=(n-[\d-]+)[ >]", page)) == dict.fromkeys(nodes, 1)
