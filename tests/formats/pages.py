"""A page as a browser takes it apart: every tag closed, what stands where, and what its policy obeys."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from html.parser import HTMLParser

from auditor.formats.html import draw, render
from auditor.picture import Picture
from auditor.report import Report, Verdict

VOID = frozenset({"meta", "link", "br", "hr", "img", "input", "col", "wbr"})
MAY_STAY_OPEN = {"tr": {"tr", "tbody"}, "th": {"td", "th", "tr", "tbody"}, "td": {"td", "th", "tr", "tbody"}}
"""HTML ends these by itself where one of those begins or ends."""


class Page(HTMLParser):
    """Fails for a tag that is not closed, an id that comes twice, and what the policy forbids."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.raw: dict[str, list[str]] = {"style": [], "script": []}
        self.headings: list[int] = []
        self.policy = ""
        self.feed(text)
        self.close()
        assert self.open == [], "not closed"
        assert len(self.ids) == len(set(self.ids)), "an id comes twice"

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while self.open and tag in MAY_STAY_OPEN.get(self.open[-1], ()):
            self.open.pop()
        given = dict(attrs)
        assert len(given) == len(attrs), f"an attribute comes twice in {tag}"
        assert not [name for name in given if name == "style" or name.startswith("on")], (tag, given)
        self.tags.append((tag, given))
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(given["content"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)
        if tag in self.raw and given.get("type") != "application/json":  # data, which no policy is asked for
            self.raw[tag].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        while self.open and tag != self.open[-1] and self.open[-1] in MAY_STAY_OPEN:
            self.open.pop()
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            if self.tags[-1][1].get("type") != "application/json":
                self.raw[self.open[-1]][-1] += data
        else:
            self.texts.append(data)

    def obeyed(self, directive: str) -> list[str]:
        """The sources of a directive of the policy."""
        found = {part.split()[0]: part.split()[1:] for part in self.policy.split(";")}
        return found[directive]


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def html(report: Report, verdict: Verdict = Verdict.FAIL, picture: Picture | None = None) -> str:
    out = io.StringIO()
    if picture is None:
        render(report, verdict, out)
    else:
        draw(report, verdict, picture, out)
    return out.getvalue()


def page(report: Report, verdict: Verdict = Verdict.FAIL, picture: Picture | None = None) -> Page:
    return Page(html(report, verdict, picture))
