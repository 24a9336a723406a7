"""axe-core in a page: what a person with a screen reader, without a mouse or with weak eyes would stumble over.

The script comes from whichever installed package bundles it, with its licence (MPL 2.0) in its head: it is not ours.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from .page import Page

_PACKAGES = ("axe_playwright_python", "axe_core_python")  # the first is newer, and wants Playwright
_GRAVE = ("serious", "critical")


class Barrier(NamedTuple):
    """What a rule of axe-core found, and at which elements."""

    rule: str
    impact: str
    help: str
    places: tuple[str, ...]


@cache
def axe_script() -> str:
    """The script; `FileNotFoundError` where no package has it."""
    for name in _PACKAGES:
        spec = find_spec(name)
        for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
            script = Path(folder) / "axe.min.js"
            if script.is_file():
                return script.read_text(encoding="utf-8")
    raise FileNotFoundError("axe.min.js: pip install axe-core-python")


def barriers(page: Page, within: str = "") -> list[Barrier]:
    """The serious and the critical ones of the page as it is seen now; ``within`` an element, where one is named.

    `AssertionError` where axe-core judged the contrast of no text: version 4.4 gives up the whole rule at a colour that
    it cannot read, ``color-mix()`` for one, and says nothing of it.
    """
    if not page.value("typeof axe === 'object'"):
        page.ask("Runtime.evaluate", expression=axe_script())
    judged, found = page.call(
        """async (within, grave) => {
            const said = await axe.run(within || document, {resultTypes: ['violations', 'passes'], elementRef: false});
            return [
                [...said.passes, ...said.violations].some(one => one.id === 'color-contrast'),
                said.violations.filter(one => grave.includes(one.impact)).map(one => [
                    one.id, one.impact, one.help,
                    one.nodes.slice(0, 5).map(node => node.target.join(' ') + ': ' + node.failureSummary)
                ])
            ];
        }""",
        within,
        _GRAVE,
    )
    assert judged, "axe-core judged the contrast of no text: is there a colour that this version cannot read?"
    return [Barrier(rule, impact, help, tuple(places)) for rule, impact, help, places in found]
