"""Mutants: a fault at its place, with a name that stays when other lines move."""

from __future__ import annotations

import ast
import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from types import CodeType
from typing import NamedTuple

from .mutators import Change, changes
from .targets import ROOMS, ROOT, package_of, sources

A_LINE = 2
"""So many mutants of one line are made at most."""


class Mutant(NamedTuple):
    """One fault of one file."""

    id: str
    path: str
    line: int
    end: int
    kind: str
    before: str
    after: str
    function: str  # "" where it does not stand in a function: the module must be run again
    text: str  # the line as it is
    number: int  # its place in `changes`

    @property
    def package(self) -> str:
        return package_of(self.path)

    @property
    def mutation(self) -> str:
        return f"{self.before} -> {self.after}"


@cache
def source(path: str) -> str:
    return (ROOT / path).read_text()


def digest(path: str) -> str:
    """Of the content of a file."""
    return hashlib.sha256(source(path).encode()).hexdigest()[:16]


@cache
def mutants_of(path: str) -> tuple[Mutant, ...]:
    """Every mutant of a file, in its order."""
    text = source(path)
    lines = text.splitlines()
    seen: Counter[tuple[str, ...]] = Counter()
    found: list[Mutant] = []
    for number, change in enumerate(changes(ast.parse(text))):
        line, end = _lines(change)
        key = (path, change.function, lines[line - 1].strip(), change.kind, change.before, change.after)
        seen[key] += 1
        name = hashlib.sha256("\0".join((*key, str(seen[key]))).encode()).hexdigest()[:10]
        found.append(
            Mutant(name, path, line, end, change.kind, change.before, change.after, change.function, key[2], number)
        )
    return tuple(found)


def _lines(change: Change) -> tuple[int, int]:
    node = change.old
    match node:
        case ast.If(test) | ast.While(test):
            node = test
        case ast.match_case(_, guard) if guard is not None:
            node = guard
        case ast.comprehension():
            node = node.ifs[0]
    line: int = getattr(node, "lineno", 1)
    return line, getattr(node, "end_lineno", line)


def compiled(path: str, number: int | None) -> CodeType:
    """The module with a fault in it, or as it is."""
    tree = ast.parse(source(path))
    if number is not None:
        changes(tree)[number].apply()
    code: CodeType = compile(ast.fix_missing_locations(tree), str(ROOT / path), "exec", dont_inherit=True)
    return code


def every(rooms: Sequence[str] = ROOMS) -> Iterator[Mutant]:
    for path in sources(rooms):
        yield from mutants_of(path)


def sample(count: int, seed: int, among: Iterable[Mutant] | None = None) -> list[Mutant]:
    """So many mutants: of each package as many as it has of all, and no more than two of a line.

    A seed's order hangs on the names of the mutants only: who changes one function keeps the others' mutants.
    """
    on_a_line: Counter[tuple[str, int]] = Counter()
    packages: dict[str, list[Mutant]] = {}
    for mutant in sorted(every() if among is None else among, key=lambda m: _draw(seed, m)):
        on_a_line[mutant.path, mutant.line] += 1
        if on_a_line[mutant.path, mutant.line] <= A_LINE:
            packages.setdefault(mutant.package, []).append(mutant)
    total = sum(map(len, packages.values()))
    chosen = [m for ms in packages.values() for m in ms[: -(-len(ms) * count // max(total, count))]]
    return sorted(chosen, key=lambda m: (m.path, m.line, m.number))


def _draw(seed: int, mutant: Mutant) -> float:
    return random.Random(f"{seed} {mutant.id}").random()
