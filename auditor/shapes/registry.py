"""Where a rule says which operator it is for.

A rule's signature is the operator's: positional parameters are the inputs in order (lower case), keyword-only
parameters are the attributes that its answer depends on, with ONNX's defaults. It returns one `Fact`, a tuple with one
for each output, or an `Answer`. A keyword-only parameter ``output_count`` receives how many outputs the node lists.
Attribute values arrive as the annotation says: ``int``, ``float``, ``str``, ``tuple[int, ...]`` and kin, ``Body`` for
a graph, ``Fact`` for a tensor; any other kind never reaches the rule.
"""

import os
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from importlib import import_module
from operator import itemgetter
from types import GenericAlias
from typing import Any, TypeVar

from ..errors import UsageError
from ..modules import module_names
from ..tuples import NamedTuple
from .fact import Answer, Body, Fact

Rule_ = TypeVar("Rule_", bound=Callable[..., "Answer | Fact | tuple[Fact, ...]"])


class Operator(NamedTuple):
    """One operator since one opset."""

    run: Callable[..., Any]
    since: int
    inputs: tuple[str, ...]
    required: int  # how many of the inputs must be there
    variadic: bool
    attributes: dict[str, str]  # name: annotation, "| None" taken off
    mandatory: frozenset[str]  # attributes without a default
    counts_outputs: bool


_rules: dict[tuple[str, str], list[tuple[int, Callable[..., Any]]]] = {}
"""By domain and name, each with the opset since which it holds. Its signature is read when it is asked for."""

_VARIADIC = 0x04  # inspect.CO_VARARGS, without the 5 ms that importing inspect takes


def op(*names: str, since: int = 1, domain: str = "") -> Callable[[Rule_], Rule_]:
    """Register a rule for the named operators, from this opset on until the next rule of the name."""

    def bind(run: Rule_) -> Rule_:
        for name in names:
            versions = _rules.setdefault((domain, name), [])
            if any(version == since for version, _ in versions):
                raise ValueError(f"{name} has two rules since opset {since}")
            versions.append((since, run))
            versions.sort(key=itemgetter(0))
        return run

    return bind


def operator_for(domain: str, name: str, opset: int) -> Operator | None:
    """The rule that holds for an operator at an opset, if we have one."""
    _load("ops")
    versions = _rules.get((domain, name))
    if versions is None:
        _load("ops.rare")
        versions = _rules.get((domain, name), [])
    at = bisect_right(versions, opset, key=itemgetter(0))
    return _operator(*versions[at - 1]) if at else None


def all_operators() -> dict[tuple[str, str], tuple[Operator, ...]]:
    """Every operator that we know, by (domain, name), oldest rule first."""
    _load("ops")
    _load("ops.rare")
    return {key: tuple(_operator(*version) for version in versions) for key, versions in _rules.items()}


@cache
def _operator(since: int, run: Callable[..., Any]) -> Operator:
    return signature(run, since)


_more: dict[str, None] = {}


def load_more(path: str | os.PathLike[str]) -> None:
    """Import a Python file whose functions are `op`s too: for operators of one's own. Once; its code is run.

    Raises `UsageError`, and keeps none of its rules, where the file cannot be imported or repeats a rule.
    """
    from importlib.util import module_from_spec, spec_from_file_location

    file = os.path.realpath(path)
    if file in _more:
        return
    _load("ops")
    _load("ops.rare")
    before = {key: list(versions) for key, versions in _rules.items()}
    spec = spec_from_file_location(f"auditor_more_{len(_more)}", file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file")
    try:
        spec.loader.exec_module(module_from_spec(spec))
        all_operators()  # reads their signatures
    except Exception as error:
        _rules.clear()
        _rules.update(before)
        why = str(error).partition("\n")[0]
        raise UsageError(f"{path} cannot be imported: {type(error).__name__}: {why}") from error
    _more[file] = None


def loaded() -> int:
    """How many files `load_more` has read: an answer from before may be out of date."""
    return len(_more)


@cache
def _load(package: str) -> None:
    """Import every family of a package: a new file needs no entry anywhere.

    `ops` holds what most models are made of. `ops.rare` is imported when a model has an operator that is not there, and
    holds every version of what it holds.
    """
    families = import_module(f"{__package__}.{package}")
    for family in module_names(families.__path__):
        import_module(f"{families.__name__}.{family}")


def signature(run: Callable[..., Any], since: int) -> Operator:
    """Read the signature off the function's code: `inspect.signature` costs twenty times as much, at every start."""
    code, annotations = run.__code__, run.__annotations__
    if not all(isinstance(a, str) for a in annotations.values()):  # a file without `from __future__ import annotations`
        annotations = {name: _written(a) for name, a in annotations.items()}
    names = code.co_varnames
    positional = names[: code.co_argcount]
    keywords = names[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    variadic = bool(code.co_flags & _VARIADIC)
    defaults = len(run.__defaults__ or ())
    with_default = positional[len(positional) - defaults :] if defaults else ()
    attributes = tuple(name for name in keywords if name != "output_count")
    return Operator(
        run,
        since,
        (*positional, names[len(positional) + len(keywords)]) if variadic else positional,
        sum(1 for name in positional if name not in with_default and "None" not in annotations[name]),
        variadic,
        {name: annotations[name].replace(" | None", "") for name in attributes},
        frozenset(attributes) - (run.__kwdefaults__ or {}).keys(),
        "output_count" in keywords,
    )


def _written(annotation: Any) -> str:
    """An annotation as one would write it."""
    if isinstance(annotation, str):
        return annotation
    if annotation == Body:
        return "Body"
    if isinstance(annotation, type) and not isinstance(annotation, GenericAlias):
        return annotation.__qualname__
    return repr(annotation).replace(f"{Fact.__module__}.", "")
