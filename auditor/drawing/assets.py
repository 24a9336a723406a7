"""Style sheets and scripts, which lie as files beside this module."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def asset(name: str) -> str:
    """The text of one of them."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
