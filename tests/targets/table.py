"""The table of releases, made of what each of them answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, TypeAlias

from auditor.targets.known import ELSE, FLOAT, FLOAT16, SOME_ELSE, Kernel, Place, Wanted, takes

from .sweep import Answer, Choice, bit, choices

Key: TypeAlias = tuple[str, str, int]
"""Domain, operator and the opset from which on it holds."""

_ENDLESS = 2147483647

_HEADER = '''"""What the releases {first} to {last} of onnxruntime take on the CPU: data for `auditor.targets.known`, which explains it.

Generated: ``python -m tests.targets`` asks each release and writes this file anew.
"""

# ruff: noqa: E501
# fmt: off
'''


def written(answers: list[dict[str, Any]], ours: frozenset[tuple[str, str]]) -> str:
    """The text of the table, of releases in their order; ``ours`` are the operators that ONNX itself has."""
    operators: dict[Key, list[str | None]] = {}
    signatures: dict[Key, list[str | None]] = {}
    for number, one in enumerate(answers):
        for key, row in _operators(one).items():
            operators.setdefault(key, [None] * len(answers))[number] = row
        for schema in _present(one):
            key = schema["domain"], schema["name"], schema["since"]
            if key[:2] not in ours and not schema["deprecated"]:
                signatures.setdefault(key, [None] * len(answers))[number] = _signature(schema)
    releases = [
        "|".join([one["version"], str(one["bounds"]["ir_version"]), f"{one['bounds']['dtypes']:x}",
                  *(f"{d} {v}" for d, v in one["bounds"]["opsets"].items())])
        for one in answers
    ]  # fmt: skip
    header = _HEADER.format(first=answers[0]["version"], last=answers[-1]["version"])
    lines = [header, 'RELEASES = """\\', *releases, '"""', ""]
    for name, rows in (("OPERATORS", operators), ("SIGNATURES", signatures)):
        lines += [f"{name} = {{", *_by_domain(rows), "}", ""]
    return "\n".join(lines)


def _by_domain(rows: Mapping[Key, list[str | None]]) -> Iterable[str]:
    for domain, keys in groupby(sorted(rows), key=lambda key: key[0]):
        yield f'"{domain}": """\\'
        for key in keys:
            for first, last, row in _spans(rows[key]):
                mark = "!" if row.startswith("!") else ""
                yield f"{key[1]}|{key[2]}{mark}|{_span(first, last, len(rows[key]))}|{row.removeprefix('!')}"
        yield '""",'


def _spans(rows: list[str | None]) -> Iterable[tuple[int, int, str]]:
    for row, numbers in groupby(range(len(rows)), key=lambda number: rows[number]):
        held = list(numbers)
        if row is not None:
            yield held[0], held[-1], row


def _span(first: int, last: int, count: int) -> str:
    return "" if (first, last) == (0, count - 1) else f"{first or ''}-{last if last < count - 1 else ''}"


def _present(answers: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas that the release has; where it told none, those of which a tiny model met no refusal of the name."""
    if answers["told"]:
        return list(answers["schemas"])
    found = {(d, n, s): said for d, n, s, said in answers["swept"]}
    return [
        schema
        for schema in answers["schemas"]
        if Answer.NO_OPERATOR.value not in found[schema["domain"], schema["name"], schema["since"]]
        and schema["since"] <= answers["bounds"]["opsets"].get(schema["domain"], _ENDLESS)
    ]


def _operators(answers: dict[str, Any]) -> dict[Key, str]:
    swept = {(d, n, s): said for d, n, s, said in answers["swept"]}
    kernels: dict[tuple[str, str], list[list[Any]]] = {}
    for domain, name, *rest in answers["kernels"] or ():
        kernels.setdefault((domain, name), []).append(rest)
    rows = {}
    for schema in _present(answers):
        key = schema["domain"], schema["name"], schema["since"]
        if schema["deprecated"]:
            rows[key] = "!"
            continue
        found = [
            _kernel(schema, constraints)
            for first, last, constraints in kernels.get(key[:2], ())
            if first == key[2] or (first < key[2] <= last != _ENDLESS)
        ]
        measure = _measured if answers["told"] else _of_another
        found = [*(found if answers["told"] else ()), *measure(schema, found, swept[key])]
        rows[key] = " ".join(sorted(map(_shown, _merged(found))))
    return rows


def _kernel(schema: dict[str, Any], constraints: Mapping[str, list[str]]) -> Kernel:
    wants = []
    for name, kinds in constraints.items():
        places = _places(schema, name)
        if places:
            allowed = _allowed(schema, places[0])  # a kernel may take more than its schema lets through
            wants.append(Wanted(places, _mask([kind for kind in kinds if kind in allowed], allowed)))
    return Kernel(tuple(sorted(wants)))


def _places(schema: dict[str, Any], name: str) -> tuple[Place, ...]:
    """Where a type variable, or a parameter, stands; the one place alone that is never left out."""
    found = []
    for output in (False, True):
        for index, (parameter, kind, option, _) in enumerate(schema["outputs" if output else "inputs"]):
            if name in (kind, parameter):
                found.append(Place(index, output))
                if option != "Optional" and index < schema["counts"][2 if output else 0]:
                    return (Place(index, output),)
    return tuple(found)


def _allowed(schema: dict[str, Any], place: Place) -> list[str]:
    kinds: list[str] = schema["outputs" if place.output else "inputs"][place.index][3]
    return kinds


def _mask(kinds: Iterable[str], allowed: list[str]) -> int:
    mask, held = 0, frozenset(kinds)
    for kind in held:
        mask |= bit(kind)
    others = {kind for kind in allowed if bit(kind) == ELSE}
    return mask | SOME_ELSE if mask & ELSE and not others <= held else mask


def _measured(schema: dict[str, Any], kernels: list[Kernel], said: list[str]) -> list[Kernel]:
    """As kernels, the choices that load and that no kernel explains: functions."""
    tried = zip(choices(schema), said, strict=True)
    return [_as_kernel(schema, choice) for choice, a in tried if a in _LOADS and not explained(choice, kernels)]


def _of_another(schema: dict[str, Any], theirs: list[Kernel], said: list[str]) -> list[Kernel]:
    """For a release that tells none: a later one's kernels, as far as no tiny model found one missing."""
    tried = list(zip(choices(schema), said, strict=True))
    if not tried:
        return theirs
    found = []
    for choice, answer in tried:
        if answer in _LOADS or (answer == Answer.OTHER.value and explained(choice, theirs)):
            found.append(_as_kernel(schema, choice))
    return found


_LOADS = frozenset({Answer.LOADS.value, Answer.HAS_KERNEL.value})


def _as_kernel(schema: dict[str, Any], choice: Choice) -> Kernel:
    free = {kind: _places(schema, kind) for kind in choice.types}
    wants = (Wanted(places, bit(choice.types[kind])) for kind, places in free.items() if places)
    return Kernel(tuple(sorted(wants)))


def explained(choice: Choice, kernels: list[Kernel]) -> bool:
    """Whether a kernel takes the types as they are, or float32 in place of float16, around which it sets Casts."""

    def wider(place: Place) -> int | None:
        held = choice.dtype_of(place)
        return 1 << FLOAT if held == 1 << FLOAT16 else held

    return any(takes(k, choice.dtype_of) is not False or takes(k, wider) is not False for k in kernels)


def _merged(kernels: Iterable[Kernel]) -> set[Kernel]:
    """Fewer kernels that take the same: what differs in one mask alone is one."""
    found, before = set(kernels), 0
    while len(found) != before:
        before = len(found)
        for index in range(max((len(kernel.wants) for kernel in found), default=0)):
            masks: dict[Kernel, int] = {}
            for kernel in found:
                mask = kernel.wants[index].mask if index < len(kernel.wants) else 0
                rest = _with_mask(kernel, index, 0)
                masks[rest] = masks.get(rest, 0) | mask
            found = {_with_mask(rest, index, mask) for rest, mask in masks.items()}
    return found


def _with_mask(kernel: Kernel, index: int, mask: int) -> Kernel:
    if index >= len(kernel.wants):
        return kernel
    wants = list(kernel.wants)
    wants[index] = wants[index]._replace(mask=mask)
    return Kernel(tuple(wants))


def _shown(kernel: Kernel) -> str:
    shown = ("+".join(f"{'>' * p.output}{p.index}" for p in w.places) + f":{w.mask:x}" for w in kernel.wants)
    return ",".join(shown) or "*"


def _signature(schema: dict[str, Any]) -> str:
    least, most, least_out, most_out = schema["counts"]
    marks = {"Optional": "?", "Variadic": "*", "Single": ""}
    inputs = (f"{n}{marks[option]}:{_mask(kinds, kinds):x}" for n, _, option, kinds in schema["inputs"])
    attributes = (f"{n}{'!' * needed}" for n, (_, needed) in sorted(schema["attributes"].items()))
    counts = (f"{a} {'*' if b == _ENDLESS else b}" for a, b in ((least, most), (least_out, most_out)))
    return "|".join([*counts, " ".join(inputs), " ".join(attributes)])
