"""Which tests a mutant is shown to, and in which order: its own room's first, fast ones before slow ones."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from .covering import Covering, Test
from .mutants import Mutant, source
from .targets import ROOT, module_of, package_of

MOST_SECONDS = 12.0
"""What the tests of one mutant may take in all, by what they took when they were traced."""

MOST_TESTS = 600

MOST_FILES = 6
"""So many files of tests are collected at most for a mutant that is imported anew."""

_NARROW = 500
"""A test that covers fewer lines is as good as one that is twice as fast and covers so many more."""


_CASES = 4
"""Cases of one test function until the next costs twice as much."""


class Choice(NamedTuple):
    """Tests in their order; ``fresh``: the module must be imported anew; ``cut``: there are more than these."""

    tests: tuple[Test, ...]
    fresh: bool
    cut: bool


def choice(mutant: Mutant, covering: Covering, most_seconds: float = MOST_SECONDS) -> Choice:
    """The tests that may see a mutant, of so many seconds in all."""
    mask = _lines(mutant.line, mutant.end)
    fresh = not mutant.function or bool(covering.imported.get(mutant.path, 0) & mask)
    tests = {test.id: test for test in covering.tests_of(mutant.path, mask)}
    if fresh:
        for path, users in _users(mutant):
            tests |= {test.id: test for test in covering.tests_of(path, users)}
    by_cost = sorted(tests.values(), key=lambda test: _cost(test, mutant))
    ordered = _in_turns(by_cost, lambda test: _cost(test, mutant))
    chosen: list[Test] = []
    seconds = 0.0
    files: set[str] = set()
    for test in ordered:
        if len(chosen) == MOST_TESTS or (chosen and seconds + test.seconds > most_seconds):
            continue
        file = test.id.partition("::")[0]
        if fresh and file not in files and len(files) == MOST_FILES:
            continue
        files.add(file)
        chosen.append(test)
        seconds += test.seconds
    return Choice(tuple(chosen), fresh, len(chosen) < len(ordered))


def _cost(test: Test, mutant: Mutant) -> float:
    """The less, the sooner: short and narrow ones, of the own room, and those that bear the file's name."""
    own = test.id.split("/")[1] == mutant.package
    name = mutant.path.rpartition("/")[2].removesuffix(".py")
    named = name in test.id or name.replace("_", "-") in test.id
    return (test.seconds + 0.01) * (1 + test.breadth / _NARROW) * (1 if own else 3) * (0.1 if named else 1)


def _in_turns(tests: list[Test], cost: Callable[[Test], float]) -> list[Test]:
    """By cost, each further case of a test function dearer than its first: a thousand of one show little more."""
    seen: Counter[str] = Counter()
    costs: dict[str, float] = {}
    for test in tests:
        costs[test.id] = cost(test) * (1 + seen[test.function] / _CASES)
        seen[test.function] += 1
    return sorted(tests, key=lambda test: costs[test.id])


def _users(mutant: Mutant) -> Iterator[tuple[str, int]]:
    """Where that runs which a line outside functions decides: files, and lines in them."""
    statement = _statement(mutant)
    names = _made_of(_bound(statement), _tree(mutant.path)) if statement is not None else frozenset()
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield mutant.path, _lines(statement.lineno, statement.end_lineno or statement.lineno)
    elif not names:
        yield mutant.path, -1
    for path in _importers(mutant.path, names) if names else ():
        found = 0
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Name | ast.Attribute) and _word(node) in names:
                found |= _lines(node.lineno, node.end_lineno or node.lineno)
        if found:
            yield path, found


def _statement(mutant: Mutant) -> ast.stmt | None:
    inside = (s for s in _tree(mutant.path).body if _first(s) <= mutant.line <= (s.end_lineno or s.lineno))
    return next(inside, None)


def _first(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(int(d.lineno) for d in decorators)])


def _bound(statement: ast.stmt) -> frozenset[str]:
    match statement:
        case ast.FunctionDef(name) | ast.ClassDef(name):
            return frozenset({name})
        case ast.Assign(targets):
            each = (t.elts if isinstance(t, ast.Tuple) else (t,) for t in targets)
            return frozenset(_word(name) for names in each for name in names)
        case ast.AnnAssign(target):
            return frozenset({_word(target)})
        case _:
            return frozenset()


def _made_of(names: frozenset[str], module: ast.Module) -> frozenset[str]:
    """These names, and those that assignments outside functions bind to something made of them."""
    for statement in module.body if names else ():  # what is used stands before its use
        if isinstance(statement, ast.Assign | ast.AnnAssign) and any(_word(n) in names for n in ast.walk(statement)):
            names |= _bound(statement)
    return names


def _word(node: ast.AST) -> str:
    match node:
        case ast.Name(name) | ast.Attribute(_, name):
            return name
        case _:
            return ""


def _importers(path: str, names: frozenset[str]) -> Iterator[str]:
    yield path
    last = module_of(path).rpartition(".")[2]
    for file in sorted((ROOT / "auditor").rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        if name != path and package_of(name) and last in source(name):
            yield name


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse(source(path))


def _lines(first: int, last: int) -> int:
    return (1 << (last + 1)) - (1 << first)
