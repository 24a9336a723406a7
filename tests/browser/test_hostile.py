"""Names out of a model in a browser: nothing of them is executed, asked for, or found anywhere but in its own cell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

import onnx
import pytest
from markdown_it import MarkdownIt

from auditor.diff.telling import teller
from auditor.diff.whole import DiffReport, compared_models
from auditor.formats.html import HtmlPages
from auditor.formats.html import render as html
from auditor.formats.markdown import render as markdown
from auditor.formats.parts.page.registry import index, model_summary
from auditor.report import Severity, Verdict
from auditor.sessions.depicting import depicted
from auditor.settings import Settings
from tests.formats.reports import HOSTILE, with_name
from tests.hostile.encodings import NAMES

from .conftest import Tabs
from .documents import draw_model
from .page import Page, View

ATTACKS = (
    "<script>window.pwned = 1; alert(1)</script>",
    "<img src=x onerror='window.pwned = 1'>",
    "\"><svg onload='window.pwned = 1'>",
    "' onmouseover='window.pwned = 1' x='",
    "</script><script>window.pwned = 1</script>",
    "</style><style>* { display: none }</style>",
    "</title><script>window.pwned = 1</script>",
    "</textarea><iframe src=javascript:parent.pwned=1>",
    "</svg></foreignObject><script>window.pwned = 1</script>",
    "]]><script>window.pwned = 1</script>",
    "--><script>window.pwned = 1</script>",
    "javascript:window.pwned=1",
    "<a href='javascript:window.pwned=1'>x</a>",
    "<meta http-equiv=refresh content='0;url=http://a.example/'>",
    "<base href=http://a.example/>",
    "<link rel=stylesheet href=http://a.example/x.css>",
    "&lt;script&gt;window.pwned = 1&lt;/script&gt;",
    "\\u003cscript\\u003ewindow.pwned = 1\\u003c/script\\u003e",
    "__proto__",
    "constructor",
    "#f-0000 .card { } * { display: none }",
    "%3Cscript%3Ewindow.pwned=1%3C/script%3E",
)
HARMLESS = ("harmless", "block/it.em:0")
SHORT = list(dict.fromkeys((*ATTACKS, *(name for name in (*HOSTILE, *NAMES.values()) if len(name) < 70_000))))

SKELETON = """(() => {
    const told = element => [element.localName, element.id && !/^[fr]-/.test(element.id) ? element.id : '',
        [...element.attributes].map(one => one.name).sort().join(' '),
        [...element.children].map(told)];
    return JSON.stringify(told(document.documentElement));
})()"""
"""Elements, ids and attributes' names, without texts and values: the same for every name."""


def skeleton(page: Page) -> Any:
    return json.loads(page.value(SKELETON))


def kinds(told: Any) -> set[tuple[str, str, str]]:
    """Elements as they are, wherever: an attack would bring one that no harmless name brings."""
    name, key, attributes, children = told
    known = {(name, "" if key[:2] in ("n-", "l-") else key, attributes)}
    return known.union(*map(kinds, children))


def check_harmless(page: Page) -> None:
    assert page.trespasses() == []
    assert page.value("typeof window.pwned") == "undefined" and page.value("Object.prototype.polluted") is None


NODES = "t = Relu(x) c = Conv(t, w, b) y = Relu(c)"


def model_named(name: str, nodes: str = NODES, bias: Sequence[int] = range(5)) -> bytes:
    """A fault at a node, with the name wherever a model has one. As text: ONNX holds UTF-8."""
    text = """<ir_version: 8, opset_import: ["" : 17]>
    g (float[1, 3, 8, 8] x) => (float[1, 4, 6, 6] y) <float[4, 3, 3, 3] w = {WEIGHTS}, float[SIZE] b = {BIAS}>
    { NODES }"""
    filled = text.replace("WEIGHTS", ", ".join(["1"] * 108)).replace("BIAS", ", ".join(map(str, bias)))
    model = onnx.parser.parse_model(filled.replace("SIZE", str(len(bias))).replace("NODES", nodes))
    clean = name.encode("utf-8", "replace").decode()
    for node in model.graph.node:
        node.name = clean + node.op_type + node.output[0]
        node.doc_string = clean
    renamed = {
        "t": clean + "t",
        "s": clean + "s",
        "c": clean + "c",
        "w": clean + "w",
        "b": clean + "b",
        "x": clean,
        "y": clean + "y",
    }
    named: Iterable[Any] = (*model.graph.input, *model.graph.output, *model.graph.initializer)
    for value in named:
        value.name = renamed[value.name]
    for node in model.graph.node:
        node.input[:] = [renamed[one] for one in node.input]
        node.output[:] = [renamed[one] for one in node.output]
    model.graph.name = model.producer_name = model.doc_string = clean
    model.metadata_props.add(key=clean, value=clean)
    return bytes(model.SerializeToString())


Make = Callable[[Sequence[str], TextIO], None]


def write_report(names: Sequence[str], out: TextIO) -> None:
    """The page of one report, with the last name in it."""
    html(with_name(names[-1]), Verdict.FAIL, out)


def write_model(names: Sequence[str], out: TextIO) -> None:
    """The page of one model, with the last name in it: layers, plots and graph, too."""
    draw_model(model_named(names[-1]), out, Settings(run=False, weights=False))


def write_reports(names: Sequence[str], out: TextIO) -> None:
    """A page of several reports."""
    several = HtmlPages(out)
    for name in names:
        several.write(with_name(name), Verdict.FAIL)
    several.close()


def write_index(names: Sequence[str], out: TextIO) -> None:
    """The index of a batch of so many models, all of one rule: the matrix has so many columns."""
    models = []
    for number, name in enumerate(names):
        report = with_name(name)
        made = model_summary(number, name, name, f"models/{number:06}-none.html", report, Verdict.FAIL)
        models.append(made._replace(producer=name, rules={name: (Severity.ERROR, 1)}))
    out.writelines(index(models, ended=True))


def write_markdown(names: Sequence[str], out: TextIO) -> None:
    """As a reader that lets HTML through would show it, which is worse than GitHub's."""
    said = StringIO()
    for name in names:
        markdown(with_name(name), Verdict.FAIL, said)
        said.write("\n\n")
    write_rendered(said.getvalue(), out)


def write_rendered(text: str, out: TextIO) -> None:
    """Markdown as HTML."""
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    out.write(f"<!doctype html><html lang=en><title>markdown</title><body>{body}")


CHANGED = "t = Tanh(x) s = Neg(t) c = Conv<strides = [2, 2]>(s, w, b) y = Relu(c)"


def file_named(name: str) -> str:
    """The name of a model's file with a name in it, as a disk takes it."""
    clean = name.replace("/", "\\").encode("utf-8", "replace").replace(b"\0", b"")
    return f"{clean[:200].decode('utf-8', 'ignore')}.onnx"


def difference(name: str, folder: Path, *, draws: bool) -> DiffReport:
    """Of two models and files with the name: nodes came, one went, one changed, and so did a tensor."""
    file = file_named(name)
    for side, data in (
        ("old", model_named(name, bias=[1, 2, 3, 4])),
        ("new", model_named(name, CHANGED, [1, 2, 3, 5])),
    ):
        (folder / side).mkdir(exist_ok=True)
        (folder / side / file).write_bytes(data)
    old, new = (str(folder / side / file) for side in ("old", "new"))
    return compared_models(old, new, Settings(run=False), draws=draws)


def write_difference(names: Sequence[str], out: TextIO) -> None:
    """The page of what changed between two models, with the last name in them."""
    with TemporaryDirectory() as folder:
        teller("html")(difference(names[-1], Path(folder), draws=True), out)


def write_markdown_differences(names: Sequence[str], out: TextIO) -> None:
    """What changed, name by name, as ``write_markdown`` shows a report."""
    said = StringIO()
    with TemporaryDirectory() as folder:
        for name in names:
            teller("markdown")(difference(name, Path(folder), draws=False), said)
            said.write("\n\n")
    write_rendered(said.getvalue(), out)


def write_drawing(names: Sequence[str], out: TextIO) -> None:
    """What ``auditor draw`` writes of a model with the last name in it: a document of its own, SVG."""
    with TemporaryDirectory() as folder:
        file = Path(folder, file_named(names[-1]))
        file.write_bytes(model_named(names[-1]))
        out.writelines(depicted(str(file), Settings()))


def opened(page: Page, make: Make, names: Sequence[str], folder: Path) -> Page:
    file = folder / ("drawing.svg" if make is write_drawing else "page.html")
    with file.open("w", encoding="utf-8", errors="backslashreplace") as out:
        make(names, out)
    return page.open(file)


@pytest.mark.parametrize(
    "make", [write_report, write_model, write_difference, write_drawing], ids=["report", "model", "diff", "draw"]
)
def test_a_name_stays_in_its_cells(make: Make, tab: Tabs, tmp_path: Path) -> None:
    """A report's page has the same elements for each; a model's blocks are found by names: the same kinds."""
    page = tab(View())
    plain, other = (skeleton(opened(page, make, [name], tmp_path)) for name in HARMLESS)
    for name in ATTACKS:
        found = skeleton(opened(page, make, [name], tmp_path))
        check_harmless(page)
        assert found == plain if make is write_report else kinds(found) <= kinds(plain) | kinds(other), name


@pytest.mark.parametrize(
    "make",
    [write_reports, write_index, write_markdown, write_markdown_differences],
    ids=["reports", "index", "markdown", "diffs in markdown"],
)
def test_many_names_stay_in_their_cells(make: Make, tab: Tabs, tmp_path: Path) -> None:
    """All on one page: what one of them broke open would show in the elements behind it."""
    page = tab(View())
    names = ATTACKS if make is write_markdown_differences else SHORT
    plain = skeleton(opened(page, make, [f"{HARMLESS[0]}{number}" for number in range(len(names))], tmp_path))
    found = skeleton(opened(page, make, names, tmp_path))
    check_harmless(page)
    if make in (write_markdown, write_markdown_differences):  # whose code hangs on the letters
        folded = {("details", "", ""), ("summary", "", "")}  # a long table: a name's slashes make blocks
        assert kinds(found) <= kinds(plain) | {("code", "", "")} | folded
    else:
        assert found == plain


def test_the_policy_holds_where_an_escape_is_missing(tab: Tabs, tmp_path: Path) -> None:
    """A script and a style that got through are not obeyed: the page's policy knows its own by their hashes."""
    page = opened(tab(View()), write_report, HARMLESS, tmp_path)
    file = tmp_path / "page.html"
    attack = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'><p style='color: red' id=p>"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("<main", f"{attack}<main", 1), encoding="utf-8")
    page.open(file)
    assert page.value("typeof window.pwned") == "undefined"
    assert page.value("getComputedStyle(document.getElementById('p')).color") != "rgb(255, 0, 0)"
    assert len([told for told in page.trespasses() if "Content Security Policy" in told]) >= 3
