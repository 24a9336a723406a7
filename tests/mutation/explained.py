"""Mutants that nobody can tell from the code as it is: read by people, with the reason of each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

from .mutants import Mutant, mutants_of

FILE = Path(__file__).with_name("explained.toml")


class Explained(NamedTuple):
    """Keyed by what a reader sees, so that it holds when other lines move and ends when the line changes."""

    file: str
    line: str
    mutation: str
    why: str

    def fits(self, mutant: Mutant) -> bool:
        return (self.file, self.line, self.mutation) == (mutant.path, mutant.text, mutant.mutation)


def explained() -> list[Explained]:
    """Every entry. Raises `TypeError` where one lacks a field or has another."""
    return [Explained(**entry) for entry in tomllib.loads(FILE.read_text()).get("mutant", [])]


def stale() -> list[Explained]:
    """Entries whose line or mutation is no longer there."""
    return [entry for entry in explained() if not any(entry.fits(mutant) for mutant in mutants_of(entry.file))]
