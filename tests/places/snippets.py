"""The code blocks of docs/gates.md, the page on where gates live."""

from __future__ import annotations

from typing import Any

import yaml

from .. import readme

_PAGE = (readme.DOCS / "gates.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """All code blocks in one language."""
    return readme.blocks(_PAGE, language)


def yaml_with(key: str) -> Any:
    """The one YAML document that has this key: of GitHub's steps, the list whose first item has it."""
    (found,) = (
        document
        for document in map(yaml.safe_load, blocks("yaml"))
        if key in (document[0] if isinstance(document, list) else document)
    )
    return found
