"""``python -m tests.service.shots FOLDER``: pictures of the service's pages, light and dark, narrow and wide."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.browser.chromium import Chromium, chromium
from tests.browser.page import View, page
from tests.browser.shots import shoot

from .pages.site import Site, made, populated, served

_VIEWS = {
    "light-1280": View(),
    "dark-1280": View(dark=True),
    "light-360": View(width=360, height=740),
    "dark-360": View(width=360, height=740, dark=True),
    "light-1920": View(width=1920, height=1080),
}


def shots(browser: Chromium, site: Site, addresses: dict[str, str], folder: Path) -> None:
    """Of each page what is seen first, and the whole of it."""
    for name, address in addresses.items():
        for view_name, view in _VIEWS.items():
            with page(browser, view) as one:
                one.go(site.address + address)
                shoot(one, folder / f"{name}-{view_name}.png", whole=name != "report")
                for trespass in one.trespasses():
                    print(f"{name}, {view_name}: {trespass}", file=sys.stderr)


def main(folder: Path, only: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as kept, chromium() as browser:
        service = made(Path(kept), open=True)
        addresses = populated(service)
        with served(service, Path(kept)) as site:
            shots(browser, site, {name: to for name, to in addresses.items() if not only or name in only}, folder)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit("python -m tests.service.shots FOLDER [PAGE ...]")
    main(Path(sys.argv[1]), sys.argv[2:])
