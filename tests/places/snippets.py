"""The code blocks of README.md's section on where gates live."""

from __future__ import annotations

import re
from typing import Any

import yaml

from .conftest import ROOT

_SECTION = (
    (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Where gates live\n")[2].partition("\n## ")[0]
)


def blocks(language: str) -> list[str]:
    """All code blocks in one language."""
    return re.findall(rf"```{language}\n(.*?)```", _SECTION, re.DOTALL)


def yaml_with(key: str) -> Any:
    """The one YAML document that has this key: of GitHub's steps, the list whose first item has it."""
    (found,) = (
        document
        for document in map(yaml.safe_load, blocks("yaml"))
        if key in (document[0] if isinstance(document, list) else document)
    )
    return found
