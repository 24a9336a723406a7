"""``auditor diff``: which models it takes, what it says of them in each form, and by which exit code."""

from __future__ import annotations

import re
import shutil
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest
from markdown_it import MarkdownIt
from onnx import numpy_helper

from .conftest import LENET, Said

Auditor = Callable[..., Said]
TEXT = """<ir_version: 8, opset_import: ["" : 17]>
g (float[N, 3, 8, 8] x) => (float[N, 4, P, Q] y) {
  [conv] a = Conv <strides = [2, 2]> (x, w)
  [relu] y = LeakyRelu <alpha = 0.125> (a)
}"""


def _write(path: str, text: str = TEXT, add: float = 0.0) -> None:
    model = onnx.parser.parse_model(text)
    values = np.linspace(-1, 1, 108, dtype=np.float32).reshape(4, 3, 3, 3) + np.float32(add)
    model.graph.initializer.append(numpy_helper.from_array(values, "w"))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five models: the old one, itself, and with another slope, other weights, and another output."""
    monkeypatch.chdir(tmp_path)
    _write("old.onnx")
    shutil.copy("old.onnx", "same.onnx")
    _write("slope.onnx", TEXT.replace("0.125", "0.25"))
    _write("weights.onnx", add=0.25)
    _write("output.onnx", TEXT.replace(" y)", " z)").replace("y = Leaky", "z = Leaky"))
    return tmp_path


def test_a_model_against_itself(auditor: Auditor) -> None:
    said = auditor("diff", "old.onnx", "same.onnx")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("IDENTICAL\n  from  old.onnx\n  to    same.onnx\n")
    assert "Stored tensors  1 identical\n" in said.out
    assert "  equal, every byte: 'y'\n" in said.out
    assert auditor("diff", "old.onnx", "same.onnx", "--fail-on", "any").code == 0


def test_another_slope(auditor: Auditor) -> None:
    said = auditor("diff", "old.onnx", "slope.onnx")
    assert said.code == 0, "not breaking"
    assert said.out.startswith("BEHAVIOUR CHANGED\n")
    assert "  behaviour   " in said.out
    assert "alpha" in said.out
    assert "No inner tensor that was looked at is another one" in said.out
    assert auditor("diff", "old.onnx", "slope.onnx", "--fail-on", "behaviour").code == 1
    assert auditor("diff", "old.onnx", "slope.onnx", "--fail-on", "any").code == 1
    assert auditor("diff", "old.onnx", "slope.onnx", "--fail-on", "never").code == 0


def test_other_weights(auditor: Auditor) -> None:
    said = auditor("diff", "old.onnx", "weights.onnx", "--format", "json")
    assert said.code == 0
    whole = said.json
    assert (whole["schema_version"], whole["verdict"]["degree"]) == (1, "weights")
    (tensor,) = whole["tensors"]["changed"]
    assert (tensor["new"]["name"], tensor["what"], tensor["old"]["dtype"]) == ("w", "drifted", "float32")
    assert tensor["distance"]["largest"] == pytest.approx(0.25, abs=1e-6)
    assert tensor["distance"]["elements"] == 108
    assert whole["outputs"]["outputs"][0]["state"] == "apart"
    assert whole["outputs"]["first"]["node"] == "conv"
    assert whole["costs"]["parameters"] == {"old": 108, "new": 108}
    assert auditor("diff", "old.onnx", "weights.onnx", "--fail-on", "any").code == 1


def test_another_output_breaks_its_clients(auditor: Auditor) -> None:
    said = auditor("diff", "old.onnx", "output.onnx")
    assert said.code == 1
    assert said.out.startswith("BREAKING\n")


def test_what_is_left_out(auditor: Auditor) -> None:
    said = auditor("diff", "old.onnx", "weights.onnx", "--no-run", "--no-weights")
    assert said.code == 0, "nothing that was asked for is missing"
    assert said.out.startswith("RENAMED OR REORDERED ONLY, AS FAR AS IT WAS COMPARED\n")
    assert "not compared: the values of 1 stored tensor: left out by --no-weights\n" in said.out
    assert "Stored tensors  1 not compared\n\nCosts" in said.out
    assert "Not compared: left out by --no-run\n" in said.out


def test_data_that_is_gone_leaves_it_open(auditor: Auditor) -> None:
    model = onnx.load("old.onnx")
    onnx.save(model, "outside.onnx", save_as_external_data=True, location="w.bin", size_threshold=0)
    assert auditor("diff", "old.onnx", "outside.onnx", "--no-run").code == 0
    Path("w.bin").unlink()
    said = auditor("diff", "old.onnx", "outside.onnx", "--no-run")
    assert said.code == 4
    assert "the external data 'w.bin' is missing" in said.out


HOSTILE = "a|b`<img src=x onerror=alert(1)>\n@all [x](http://e.example)"


def _hostile() -> None:
    for path in ("old.onnx", "slope.onnx"):
        model = onnx.load(path)
        for node in model.graph.node:
            node.name = HOSTILE + node.name
        onnx.save(model, path)


def test_markdown_is_a_table_that_nothing_leaves(auditor: Auditor) -> None:
    _hostile()
    said = auditor("diff", "old.onnx", "slope.onnx", "-o", "markdown:diff.md", "--format", "markdown")
    assert said.out == Path("diff.md").read_text(encoding="utf-8")
    page = MarkdownIt("gfm-like", {"linkify": False}).render(said.out)
    assert "<table>" in page
    assert "<img" not in page
    assert "<a " not in page
    assert page.count("<h3>") == 1


class _Page(HTMLParser):
    """Every tag with its attributes, and the texts of headings."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_page_that_fetches_and_runs_nothing_of_the_models(auditor: Auditor) -> None:
    _hostile()
    text = auditor("diff", "old.onnx", "slope.onnx", "--format", "html").out
    page = _Page()
    page.feed(text)
    page.close()
    assert page.open == []
    assert not [tag for tag, _ in page.tags if tag in ("img", "link", "iframe", "object")]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"]
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links and all(link is not None and link.startswith("#") for link in links)
    (policy,) = [a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    for part in ("style", "script"):
        contents = re.findall(f"<{part}>(.*?)</{part}>", text, re.DOTALL)
        assert len(contents) == 2
        for content in contents:
            assert f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'" in policy
    assert "BEHAVIOUR CHANGED" in text
    assert "a|b`&lt;img src=x onerror=alert(1)&gt;" in text
    assert "0 added, 0 removed, 1 changed, 1 the same" in text


def test_several_forms_at_once(auditor: Auditor) -> None:
    said = auditor("diff", "old.onnx", "old.onnx", "-o", "json:a.json", "-o", "markdown:a.md", "--no-run")
    assert said.out.startswith("IDENTICAL")
    assert Path("a.json").read_text().startswith('{"schema_version":1')
    assert Path("a.md").read_text(encoding="utf-8").startswith("### ")


def test_wrong_calls(auditor: Auditor) -> None:
    for words, code, why in (
        (("old.onnx",), 2, "diff takes two models, the old one and the new one, not 1"),
        (("old.onnx", "nowhere.onnx"), 3, "there is no file or folder nowhere.onnx"),
        (("old.onnx", "old.onnx", "-o", "sarif:x"), 2, "a diff has no format 'sarif'"),
        (("old.onnx", "old.onnx", "-o", "json:no/x"), 2, "cannot write no/x"),
        (("old.onnx", "old.onnx", "--fail-on", "error"), 2, "--fail-on takes breaking or behaviour or any or never"),
        (("--git", "old.onnx", "old.onnx"), 2, "--git takes one model"),
    ):
        said = auditor("diff", *words)
        assert (said.code, said.out) == (code, "")
        assert said.err.startswith(f"auditor: {why}")
        assert said.err.count("\n") == 1


def test_what_is_no_model(auditor: Auditor) -> None:
    Path("text.onnx").write_text("this is no model")
    said = auditor("diff", "old.onnx", "text.onnx")
    assert (said.code, said.out) == (1, "")
    assert said.err == "auditor: text.onnx: not an ONNX model but a text file\n"


def test_a_stored_report_and_its_model(auditor: Auditor, folder: Path) -> None:
    auditor("check", "old.onnx", "--no-run")
    said = auditor("diff", "1", "slope.onnx", "--no-run")
    assert said.code == 0
    assert "".join(f"from{folder}/old.onnxto".split()) in "".join(said.out.split())
    _write("old.onnx", add=0.5)
    said = auditor("diff", "1", "slope.onnx", "--no-run")
    assert said.code == 4
    assert said.err.startswith(f"auditor: report 1: {folder / 'old.onnx'} is another model by now")
    Path("old.onnx").unlink()
    said = auditor("diff", "1", "slope.onnx", "--no-run")
    assert said.code == 3
    assert said.err == f"auditor: report 1 is of {folder / 'old.onnx'}, and no file is there any more\n"
    assert auditor("diff", "7", "slope.onnx", "--no-run").code == 3


def test_versions_of_a_registry(auditor: Auditor) -> None:
    _write("triton/net/1/model.onnx")
    _write("triton/net/2/model.onnx", TEXT.replace("0.125", "0.25"))
    Path("triton/net/config.pbtxt").write_text('name: "net"\nplatform: "onnxruntime_onnx"\n')
    said = auditor("diff", "triton/net@1", "triton/net@2", "--no-run")
    assert "from  triton/net/1/model.onnx\n  to    triton/net/2/model.onnx\n" in said.out
    said = auditor("diff", "triton/net@1", "triton/net@3", "--no-run")
    assert (said.code, said.err) == (3, "auditor: triton/net has no version '3'; it has '1', '2'\n")
    said = auditor("diff", "triton/net", "triton/net@1")
    assert said.code == 2
    assert "triton/net has 2 models, and diff takes one: name it, as of 'net@1', 'net@2'" in said.err
    auditor("batch", "triton", "--no-run")
    shutil.move("triton", "elsewhere")
    said = auditor("diff", "net@1", "elsewhere/net@1", "--no-run")
    assert said.code == 3, "the store knows where it lay"
    shutil.move("elsewhere", "triton")
    said = auditor("diff", "net@1", "net@2", "--no-run")
    assert said.out.startswith("BEHAVIOUR CHANGED")


def test_a_folder_of_one_model(auditor: Auditor) -> None:
    Path("one").mkdir()
    shutil.copy(LENET, "one")
    assert auditor("diff", "one", LENET, "--no-run").out.startswith("IDENTICAL\n  from  one/lenet5.onnx\n")
