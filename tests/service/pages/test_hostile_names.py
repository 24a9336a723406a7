"""Names of models, versions, files and owners are data: on every page they are text, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from auditor.names import visible
from auditor.service.context import Service
from auditor.store.fleet import fleet
from auditor.store.policies import set_policy
from tests.browser.conftest import Tabs
from tests.browser.page import Page, View
from tests.browser.test_hostile import HARMLESS, SHORT, check_harmless, kinds, model_named, skeleton

from .site import POLICY, Site, dispatched, made, registered, served, submitted

TAKEN = [name for name in SHORT if re.fullmatch(r"[^@\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,100}", name)]
"""Those that the API takes as a model's and a version's name."""

AUDITED = TAKEN[:4]


def filled(service: Service, names: list[str], audited: list[str]) -> None:
    """A model for each name, which stands wherever one can."""
    set_policy(service.store, "weights = false\n" + POLICY, names[0])
    for name in audited:
        for version in (name, f"{name}2"):
            content = model_named(name, bias=range(5 if version == name else 3))
            submitted(service, registered(service, name, version, {"model.onnx": content}, name))
            dispatched(service)
    for name in names[len(audited) :]:
        submitted(service, registered(service, name, name, {f"{name[:40]}/model.onnx": b"no model"}, name))


def pages_of(page: Page, site: Site) -> dict[str, set[tuple[str, str, str]]]:
    """What kinds of elements each page has; none of them does anything that it should not."""
    models = fleet(site.service.store, limit=200).models
    first = next(model for model in models if model.latest is not None)
    waiting = next(model for model in models if model.latest is None)
    assert first.latest is not None
    addresses = {
        "fleet": "/",
        "worst": "/?severity=error",
        "queue": "/queue",
        "model": f"/models/{first.id}",
        "new": f"/models/{waiting.id}",
        "report": f"/audits/{first.latest.id}",
        "rule": "/rules/misfit-initializers",
    }
    found = {}
    for name, address in addresses.items():
        page.go(site.address + address)
        check_harmless(page)
        found[name] = kinds(skeleton(page))
    return found


def test_names_are_text_on_every_page(tab: Tabs, tmp_path: Path) -> None:
    known = {}
    for kind, names, audited in (("hostile", TAKEN, AUDITED), ("harmless", [*HARMLESS, "third"], list(HARMLESS))):
        folder = tmp_path / kind
        folder.mkdir()
        service = made(folder, open=True)
        filled(service, names, audited)
        with served(service, folder) as site:
            page = tab(View())
            known[kind] = pages_of(page, site)
            if kind == "hostile":
                page.go(site.address + "/queue")
                told = page.value("[...document.querySelectorAll('tbody th > a')].map(one => one.textContent)")
                assert len(told) == min(50, len(names) + len(audited))
                assert set(told) <= {visible(name, 160) for name in names}
    for name, there in known["hostile"].items():
        assert {one[0] for one in there} <= {one[0] for one in known["harmless"][name]} | {"a", "p", "details"}, name
        assert {one[2] for one in there} - {one[2] for one in known["harmless"][name]} <= _MORE, name


_MORE = {"class href"}  # the next page, of more names than harmless ones
