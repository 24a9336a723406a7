"""The page as HTML: whole, closed, obeyed by hash, and with everything in it that there is to say."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from auditor.formats import writer
from auditor.formats.html import draw
from auditor.formats.parts.page.shell import PageSite
from auditor.picture import Anchor, Earlier, LayerRow, MemoryWalk, Numbers, Picture
from auditor.picturing import picture_of
from auditor.pipeline import audited
from auditor.policy.judge import judge
from auditor.report import (
    Basis,
    DeepFigure,
    Finding,
    Fit,
    JudgedFinding,
    Location,
    Port,
    Report,
    Severity,
    Verdict,
    WeightRow,
)
from auditor.settings import Settings

from .pages import Page, hash_of, html, page
from .reports import ALEXNET, CLEAN, DEPTH, HOSTILE, NOTHING, WAIVED, with_name

SAMPLES = Path(__file__).parents[2] / "sample_models"
ROWS = (
    LayerRow(
        Anchor(0, 0),
        "block1/conv1",
        "Conv",
        (1, 96, 54, 54),
        "float32",
        34944,
        34944,
        101616768,
        1119744,
        Numbers(34944, 101616768, 1119744),
    ),
    LayerRow(Anchor(0, 2), "block2/fc6", "Gemm", (1, 10), "float32", 40, 40, "40*N", "40*N", Numbers(40, 40, 40)),
    LayerRow(Anchor(1, 0), "if_1/then/relu", "Relu", None, "float32", 0, 0, 0, None),
)
PICTURE = Picture(
    layers=ROWS, places=(Anchor(0, 2), Anchor(1, 0)), memory=MemoryWalk((600, 1_120_344, 40), (0, 1)), sizes=(("N", 1),)
)


@dataclass
class Whole:
    report: Report
    picture: Picture
    page: Page


@pytest.fixture(scope="module")
def alexnet() -> Whole:
    path = SAMPLES / "broken" / "alexnet_224.onnx"
    report, evidence = audited(path, Settings(run=False))
    assert evidence is not None
    picture = picture_of(evidence.model, evidence.facts, evidence.costs, report)
    return Whole(report, picture, page(report, judge(report).verdict, picture))


EVERY = {"alexnet": ALEXNET, "waived": WAIVED, "clean": CLEAN, "nothing": NOTHING}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("picture", [None, PICTURE], ids=["alone", "pictured"])
def test_its_policy_obeys_its_own_style_and_scripts_alone(name: str, picture: Picture | None) -> None:
    made = page(EVERY[name], Verdict.FAIL, picture)
    assert made.obeyed("default-src") == ["'none'"]
    assert made.obeyed("style-src") == [hash_of(text) for text in made.raw["style"]] != []
    assert made.obeyed("script-src") == [hash_of(text) for text in made.raw["script"]] != []
    assert made.obeyed("base-uri") == made.obeyed("form-action") == ["'none'"]


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_fetched(name: str) -> None:
    """Links to read on may lead outside; nothing else names an address."""
    made = page(EVERY[name], Verdict.FAIL, PICTURE)
    for tag, given in made.tags:
        assert not {"src", "srcset", "data", "action", "poster", "background"} & given.keys(), tag
        if tag != "a":
            assert "href" not in given
    text = "".join(made.raw["style"])
    assert "url(" not in text and "@import" not in text


@pytest.mark.parametrize("name", EVERY)
def test_landmarks_and_headings_in_order(name: str) -> None:
    made = page(EVERY[name], Verdict.FAIL, PICTURE)
    tags = [tag for tag, _ in made.tags]
    assert tags.count("main") == tags.count("h1") == tags.count("header") == 1
    assert made.headings[0] == 1
    assert all(b <= a + 1 for a, b in zip(made.headings, made.headings[1:], strict=False))
    assert made.links[0] == "#main"
    for tag, given in made.tags:
        if tag == "svg" and "plot" in str(given.get("class")):
            assert given["role"] == "img" and given["aria-label"]
        if tag == "th":
            assert given.get("scope") in ("row", "col")


@pytest.mark.parametrize("name", EVERY)
def test_every_link_inside_leads_somewhere(name: str) -> None:
    made = page(EVERY[name], Verdict.FAIL, PICTURE)
    assert {link[1:] for link in made.links if link.startswith("#")} <= set(made.ids)


def test_the_verdict_is_a_word_and_a_sign() -> None:
    for verdict, sign in ((Verdict.PASS, "✓"), (Verdict.FAIL, "✕"), (Verdict.INCONCLUSIVE, "?")):
        assert f"{sign} {verdict.value.upper()}" in page(CLEAN, verdict).text


def test_a_finding_is_all_there() -> None:
    made = page(ALEXNET)
    for said in (
        "fc6 takes 9216 = 256 x 6 x 6 features; pool5 gives 256 x 5 x 5 = 6400",
        "fc6 (Gemm)",
        "floor((224 - 11) / 4) + 1 = 54",
        "227 <= H = W <= 258",
        "now 224",
        "feed an input that fits",
        "it breaks the ONNX specification",
        "left out by --no-run",
    ):
        assert said in made.text
    assert "f-f00d" in made.ids


def test_waived_findings_stand_apart_with_their_reason() -> None:
    text = html(WAIVED)
    assert text.index("2 inputs are used by nothing") < text.index("Waived or known: 2") < text.index("vision team")


def test_a_rule_that_this_version_does_not_know_has_no_page() -> None:
    made = page(with_name("plain"))
    assert {link[1:] for link in made.links if link.startswith("#")} <= set(made.ids)


def test_findings_link_to_node_and_row() -> None:
    """The graph's boxes are there where the graph is."""
    assert "#l-0-2" in page(ALEXNET, Verdict.FAIL, PICTURE).links
    assert "#n-0-2" not in page(ALEXNET, Verdict.FAIL, PICTURE).links
    assert "#l-0-2" not in page(ALEXNET).links


def test_every_layer_and_every_finding_of_a_model_is_there(alexnet: Whole) -> None:
    assert {f"l-{row.anchor}" for row in alexnet.picture.layers} <= set(alexnet.page.ids)
    assert {f"n-{row.anchor}" for row in alexnet.picture.layers} <= set(alexnet.page.ids)
    assert {link[1:] for link in alexnet.page.links if link.startswith("#")} <= set(alexnet.page.ids)
    assert {f"f-{finding.fingerprint}" for finding in alexnet.report.findings} <= set(alexnet.page.ids)
    assert all(row.label in alexnet.page.text for row in alexnet.picture.layers)
    assert all(finding.message in alexnet.page.text for finding in alexnet.report.findings)
    assert "r-misfit-initializers" in alexnet.page.ids  # the rule's page
    assert "101,616,768" in alexnet.page.text  # 96 x 54 x 54 x 3 x 11 x 11, conv1's MACs


def test_alone_it_says_why_there_is_no_graph() -> None:
    assert "There is no graph here" in page(ALEXNET).text
    assert "no file" in page(ALEXNET, Verdict.FAIL, Picture(why="no file")).text


def test_many_layers_wait_as_text() -> None:
    """A browser without scripts shows what stands in ``noscript``; one with scripts takes the rows from there."""
    few = Picture(layers=tuple(ROWS[0]._replace(anchor=Anchor(0, i)) for i in range(1500)))
    many = few._replace(layers=(*few.layers, ROWS[0]._replace(anchor=Anchor(0, 1500))))
    assert "noscript" not in [tag for tag, _ in page(CLEAN, Verdict.PASS, few).tags]
    text = html(CLEAN, Verdict.PASS, many)
    start, end = text.index("<noscript"), text.index("</noscript>")
    assert text[start:end].count("\n<tr id=l-0-") == 1501 == text.count("<tr id=l-0-")
    assert len(Page(text).ids) == len(set(Page(text).ids))


def test_of_very_many_layers_the_last_have_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says how many, and no link leads to a row that is not there."""
    monkeypatch.setattr("auditor.formats.parts.page.layers.MOST", 3)
    rows = tuple(ROWS[0]._replace(anchor=Anchor(0, i), label=f"layer{i}") for i in range(5))
    text = html(CLEAN, Verdict.PASS, Picture(layers=rows))
    made = Page(text)
    assert text.count("<tr id=l-0-") == 3 and "The last 2 layers have no row here" in made.text
    assert {f"l-0-{i}" for i in range(3)} <= set(made.ids)
    assert re.findall(r"<a href=#l-0-(\d)>", text[text.index('id="costs"') :]) == ["0", "1", "2"] * 3
    assert "layer4" in made.text  # among the bars, without a link


def test_what_costs_most_is_first() -> None:
    text = html(ALEXNET, Verdict.FAIL, PICTURE)
    section = text[text.index('id="costs"') :]
    assert section.index("block1/conv1") < section.index("block2/fc6")
    assert "34,944" in section and "99.9 %" in section  # of 34,984 parameters
    assert "At most 1.1 MiB, at block1/conv1" in section
    assert "The open sizes are taken as N = 1" in section


def test_weights_and_history_are_there_where_they_are_known() -> None:
    assert "weights" not in page(ALEXNET).ids and "history" not in page(ALEXNET).ids
    row = WeightRow("fc6_w", "float32", (4, 10), -1.5, 2.5, 0.25, 1.0, 10, 0, 0)
    made = page(ALEXNET._replace(weights=(row,)))
    assert "weights" in made.ids and "10 of 40 stored numbers are zero: 25.0 %" in made.text
    audits = tuple(Earlier(n, f"2026-01-0{n}T00:00:00", f"v{n}", "fail", n, 0, 0, 7, 2, 10, "abc") for n in (3, 2, 1))
    made = page(ALEXNET, Verdict.FAIL, PICTURE._replace(history=audits))
    assert "history" in made.ids and "errors: from 1 to 3" in made.text and "2026-01-02" in made.text
    slower = DEPTH[1]._replace(figures=(DeepFigure("run-ms-p50", 4.0, "ms"),))
    measured = (audits[0]._replace(depth=(slower,)), *(one._replace(depth=DEPTH) for one in audits[1:]))
    made = page(ALEXNET, Verdict.FAIL, PICTURE._replace(history=measured))
    assert "speed.run-ms-p50: from 3.21 ms to 4 ms" in made.text


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:8]))
def test_a_hostile_name_is_text(name: str) -> None:
    """The page has the same elements as with a harmless one, and no id, class or link has the name."""
    plain = page(with_name("plain"), Verdict.FAIL, _pictured("plain"))
    made = page(with_name(name), Verdict.FAIL, _pictured(name))
    assert [tag for tag, _ in made.tags if tag not in ("small",)] == [tag for tag, _ in plain.tags if tag != "small"]
    assert [given.get("id") for _, given in made.tags] == [given.get("id") for _, given in plain.tags]
    assert [given.get("class") for _, given in made.tags] == [given.get("class") for _, given in plain.tags]
    assert made.links == plain.links
    assert made.raw == plain.raw


def _pictured(name: str) -> Picture:
    row = LayerRow(Anchor(0, 0), name, name, (1, name), name, 5, name, 5, 5, Numbers(5, 5, 5))
    return Picture(
        layers=(row, row._replace(anchor=Anchor(0, 1), label=f"{name}2")),
        places=(Anchor(0, 0), None, Anchor(0, 0)),
        memory=MemoryWalk((4, 5, 5), (0, 1)),
        sizes=((name, 64),),
        history=tuple(Earlier(n, name, name, name, 1, 1, 1, 1, 1, 1, name) for n in (2, 1)),
    )


def test_a_thousand_findings_have_an_anchor_each() -> None:
    """Equal fingerprints, and such as no audit makes, too."""
    one = Finding("some-rule", Severity.WARNING, Basis.SUSPICIOUS, "said", Location("", "n", "Relu"))
    many = tuple(one._replace(fingerprint="abcd" if i % 2 else '"><b>') for i in range(1000))
    made = page(ALEXNET._replace(findings=many))
    assert sum(id.startswith("f-") for id in made.ids) == 1000


def test_of_very_many_findings_the_first_are_shown_and_all_are_counted() -> None:
    one = Finding("some-rule", Severity.ERROR, Basis.ILLEGAL, "said", Location("", "n", "Relu"))
    last = one._replace(rule="last-rule", severity=Severity.NOTE, fingerprint="ff" * 32)
    many = (*(one._replace(fingerprint=f"{i:064x}") for i in range(2_500)), last)
    made = page(ALEXNET._replace(findings=many))
    assert sum(tag == "article" for tag, _ in made.tags) == 2_000 and f"f-{1999:064x}" in made.ids
    assert "the first 2,000 of 2,501" in made.text and "some-rule2,500" in made.text and "last-rule1" in made.text
    assert {link[1:] for link in made.links if link.startswith("#")} <= set(made.ids)


@pytest.mark.parametrize(
    "fit",
    [
        Fit(("data[2]",), ((224, 224),)),
        Fit(("data[2]",), ((4, None, 4),)),
        Fit(("data[2]",), ((0, 3), (7, 7), (9, 11), (100, 4096))),
        Fit(("data[2]",), ()),
        Fit(("x:0[7]",), ((1, None),)),
    ],
    ids=str,
)
def test_sizes_that_fit(fit: Fit) -> None:
    finding = ALEXNET.findings[0]._replace(fits=(fit,))
    made = page(ALEXNET._replace(findings=(finding,)))
    drawn = [given for tag, given in made.tags if tag == "svg" and given.get("class") == "plot sizes"]
    assert len(drawn) == (1 if fit.ranges else 0)
    for tag, given in made.tags:
        if tag == "rect" and "fits" in str(given.get("class")):
            assert 0 <= float(str(given["x"]).rstrip("%")) <= 100
            assert 0 < float(str(given["width"]).rstrip("%")) <= 100


def test_several_models_are_one_page() -> None:
    out = io.StringIO()
    several = writer("html", out)
    for report in (ALEXNET, WAIVED, with_name("<b>"), NOTHING):
        several.write(report, Verdict.FAIL)
    several.close()
    made = Page(out.getvalue())
    assert {"m1-f-f00d", "m2-f-f00d", "m1-model", "m4-model"} <= set(made.ids)
    assert {link[1:] for link in made.links if link.startswith("#")} <= set(made.ids)
    assert "4 models: 4 failed" in made.text


def test_a_judged_finding_keeps_its_own_severity_apart() -> None:
    judged = JudgedFinding.from_finding(ALEXNET.findings[0], severity=Severity.NOTE, own_severity=Severity.ERROR)
    assert "● note" in page(ALEXNET._replace(findings=(judged,))).text


def test_no_port_is_lost_without_a_word() -> None:
    ports = tuple(Port(f"in{i}", "float32", (1,)) for i in range(100))
    assert "and 60 more" in page(ALEXNET._replace(inputs=ports)).text


def test_the_page_is_small() -> None:
    """Style and script are most of an empty one."""
    assert len(html(CLEAN)) < 40_000
    assert re.search(r"<title>pass: a clean:one.onnx</title>", html(CLEAN, Verdict.PASS))


def test_as_a_page_of_a_site_it_has_the_sites_bar_and_forms() -> None:
    said: list[str] = []

    def bar(out: TextIO, policy: str) -> None:
        said.append(policy)
        out.write("<nav>the bar</nav>")

    out = io.StringIO()
    draw(CLEAN, Verdict.PASS, Picture(), out, PageSite(".bar{}", "early()", "/a&b.svg", bar))
    text = out.getvalue()
    assert text.index("</head>") < text.index("<nav>the bar</nav>") < text.index('<header class="top')
    assert f'content="{said[0]}"' in text and "form-action 'self'" in said[0] and "form-action 'none'" in html(CLEAN)
    assert "<style>.bar{}</style>" in text and text.index("<script>early()</script>") < text.index("<body>")
    assert hash_of(".bar{}") in said[0] and hash_of("early()") in said[0] and 'href="/a&amp;b.svg"' in text
    assert 'content="same-origin"' in text and 'content="no-referrer"' in html(CLEAN)
