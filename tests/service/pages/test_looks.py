"""Every page in a browser, as people see it: nothing to complain of, no barrier, and never wider than the window."""

from __future__ import annotations

import pytest

from tests.browser.axe import barriers
from tests.browser.conftest import Tabs
from tests.browser.page import View
from tests.browser.test_page import overflow

from .site import Site

Fleet = tuple[Site, dict[str, str]]
LOGS_404 = "network: Failed to load resource: the server responded with a status of 404 (Not Found)"
"""What Chromium says of a page that is not there: the test asked for it."""

_PARTS = {"docs": "main section:nth-of-type(3)", "rules": "tbody tr:nth-child(2)", "report": "#findings"}
"""Of pages that axe-core takes long for, a part that has one of everything: tests/browser looks at whole reports."""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nobody_is_kept_out(fleet_site: Fleet, tab: Tabs, dark: bool) -> None:
    site, addresses = fleet_site
    page = tab(View(dark=dark))
    found = {}
    for name, address in addresses.items():
        page.go(site.address + address)
        page.value("document.querySelectorAll('.operation').forEach((one, i) => { one.open = i % 9 === 0 })")
        found[name] = barriers(page, _PARTS.get(name, ""))
    assert not any(found.values()), {name: those for name, those in found.items() if those}


@pytest.mark.parametrize("view", [View(width=360), View(scripts=False), View(width=1920, dark=True)], ids=str)
def test_every_page_fits_and_asks_for_nothing_else(fleet_site: Fleet, tab: Tabs, view: View) -> None:
    site, addresses = fleet_site
    page = tab(view)
    too_wide = {}
    for name, address in addresses.items():
        page.go(site.address + address)
        if overflow(page) > 0:
            too_wide[name] = overflow(page)
    assert not too_wide
    assert [said for said in page.trespasses() if said != LOGS_404] == []


def test_the_theme_stays_from_page_to_page(fleet_site: Fleet, tab: Tabs) -> None:
    site, addresses = fleet_site
    page = tab(View()).go(site.address)
    page.click(".theme")
    page.click(".theme")
    paper = page.value("getComputedStyle(document.body).backgroundColor")
    for name in ("queue", "report"):
        page.go(site.address + addresses[name])
        assert page.value("document.documentElement.dataset.theme") == "dark"
        assert page.value("getComputedStyle(document.body).backgroundColor") == paper
        assert "dark" in page.value("document.querySelector('.theme').textContent")
    page.click(".theme")
    assert page.value("localStorage.getItem('theme')") == ""
    assert page.trespasses() == []


def test_a_link_into_a_report_shows_its_place(fleet_site: Fleet, tab: Tabs) -> None:
    site, addresses = fleet_site
    page = tab(View()).go(site.address + addresses["report"])
    card = page.value("document.querySelector('#findings .card').id")
    deep = tab(View(width=360)).go(f"{site.address}{addresses['report']}#{card}")
    assert deep.value(f"document.getElementById('{card}').getBoundingClientRect().top < innerHeight")
    assert page.trespasses() == [] == deep.trespasses()
