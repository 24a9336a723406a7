"""One word, one thing: the names of the package."""

from __future__ import annotations

import ast
from collections import defaultdict

from .trees import trees

VAGUE = frozenset({"alike", "brief", "given", "of", "own", "told"})
"""Names of functions that do not say what comes back."""


def test_no_class_has_the_name_of_another() -> None:
    places = defaultdict(list)
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_a_function_says_what_comes_back() -> None:
    vague = [
        f"{path}:{node.lineno}: {node.name}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.strip("_") in VAGUE
    ]
    assert vague == []
