"""The table of releases, made of what each of them answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby, repeat
from operator import itemgetter
from typing import Any, TypeAlias

import onnx

from auditor.targets.known import ELSE, FLOAT, FLOAT16, NO_END, SOME_ELSE, Ask, Kernel, NodePlace, takes

from .sweep import Answer, Choice, bit, choices, is_whole

Key: TypeAlias = tuple[str, str, int]
"""Domain, operator and the opset from which on it holds."""

Doubt: TypeAlias = tuple[str, str, int, str]
"""The same of an operator, and the value of an attribute, ``bits=8``."""

_ENDLESS = 2147483647
ONNX = ("", "ai.onnx.ml")
LOADS = frozenset({Answer.LOADS.value, Answer.HAS_KERNEL.value})

_HEADER = '''"""What onnxruntime {first} to {last} take on the CPU: data for `auditor.targets.known`, which explains it.

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
    lines += ["REFUSED_VALUES = {", *_doubt_lines(answers), "}", ""]
    lines += ['REFUSED_IN_MAPS = """\\', *_map_lines(answers), '"""', ""]
    return "\n".join(lines)


def doubts(answers: list[dict[str, Any]]) -> dict[Doubt, list[str | None]]:
    """Values of attributes that a kernel refuses in some releases, and what each answers.

    A word that none takes is no value of the attribute at all. Of a number that none takes, in an operator of ONNX's
    own, only what `settled` is sure of is told; others' attributes hang on each other.
    """
    said: dict[Doubt, list[str | None]] = {}
    for number, one in enumerate(answers):
        for swept in one["swept"]:
            for value, answer in swept.get("values", {}).items():
                key = swept["domain"], swept["name"], swept["since"], value
                said.setdefault(key, [None] * len(answers))[number] = answer
    return {
        key: rows
        for key, rows in sorted(said.items())
        if Answer.HAS_KERNEL.value in rows
        and (Answer.LOADS.value in rows or (key[0] in ONNX and key[3].partition("=")[2].isdecimal()))
    }


def _map_lines(answers: list[dict[str, Any]]) -> Iterable[str]:
    """Functions of ONNX's own that are refused in a SequenceMap's body, and nowhere else."""
    rows: dict[tuple[str, int], list[str | None]] = {}
    for number, one in enumerate(answers):
        for swept in one["swept"]:
            if start := swept.get("refused in maps"):
                rows.setdefault((swept["name"], swept["since"]), [None] * len(answers))[number] = str(start)
    for (name, since), row in sorted(rows.items()):
        for first, last, start in _spans(row):
            yield f"{name}|{since}|{start}|{_span(first, last, len(answers))}"


def _doubt_lines(answers: list[dict[str, Any]]) -> Iterable[str]:
    nodes = [{tuple(key): row for *key, row in one.get("settled", {}).get("always", ())} for one in answers]
    found = {
        key: [
            known.get(key, "?*" if Answer.LOADS.value in rows else None) if answer == Answer.HAS_KERNEL.value else None
            for answer, known in zip(rows, nodes, strict=True)
        ]
        for key, rows in doubts(answers).items()
    }
    for domain, keys in groupby((key for key, rows in found.items() if any(rows)), key=itemgetter(0)):
        yield f'"{domain}": """\\'
        values: dict[tuple[str, int, str, str, str], list[str]] = {}
        for _, name, since, said in keys:
            attribute, _, value = said.partition("=")
            for first, last, row in _spans(found[domain, name, since, said]):
                values.setdefault((name, since, attribute, _span(first, last, len(answers)), row), []).append(value)
        for (name, since, attribute, span, row), same in values.items():
            yield f"{name}|{since}|{attribute}={','.join(same)}|{span}|{row}"
        yield '""",'


def _by_domain(rows: Mapping[Key, list[str | None]]) -> Iterable[str]:
    for domain, keys in groupby(sorted(rows), key=lambda key: key[0]):
        yield f'"{domain}": """\\'
        for key in keys:
            for first, last, row in _spans(rows[key]):
                mark = row[:1] if row[:1] in ("!", "f") else ""
                yield f"{key[1]}|{key[2]}{mark}|{_span(first, last, len(rows[key]))}|{row.removeprefix(mark)}"
        yield '""",'


def _spans(rows: list[str | None]) -> Iterable[tuple[int, int, str]]:
    for row, numbers in groupby(range(len(rows)), key=lambda number: rows[number]):
        held = list(numbers)
        if row is not None:
            yield held[0], held[-1], row


def _span(first: int, last: int, count: int) -> str:
    return "" if (first, last) == (0, count - 1) else f"{first or ''}-{last if last < count - 1 else ''}"


def _present(answers: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas that the release has; where it told none, those of which a tiny model met no refusal of the name, and
    those that only say that an operator is gone: a model that is refused the name is refused the operator."""
    if answers["told"]:
        return list(answers["schemas"])
    found = {(one["domain"], one["name"], one["since"]): one["said"] for one in answers["swept"]}
    return [
        schema
        for schema in answers["schemas"]
        if (
            schema["deprecated"]
            or Answer.NO_OPERATOR.value not in found[schema["domain"], schema["name"], schema["since"]]
        )
        and schema["since"] <= answers["bounds"]["opsets"].get(schema["domain"], _ENDLESS)
    ]


def _operators(answers: dict[str, Any]) -> dict[Key, str]:
    swept = {(one["domain"], one["name"], one["since"]): one for one in answers["swept"]}
    rows = {}
    for schema in _present(answers):
        key = schema["domain"], schema["name"], schema["since"]
        if schema["deprecated"]:
            rows[key] = "!"
            continue
        found = kernels_of(answers, schema)
        if answers["told"]:
            found += _measured(answers, schema, found, swept[key])
        else:
            found = _of_another(answers, schema, found, swept[key])
        rows[key] = "f" * _is_read_by_its_body(schema, len(swept[key]["said"])) + " ".join(
            sorted(map(_shown, _merged(found)))
        )
    return rows


def kernels_of(answers: dict[str, Any], schema: dict[str, Any]) -> list[Kernel]:
    """The kernels that a release tells for an operator, of those that it would find for this version of it.

    One that is open to later versions is found for the version alone with which it begins.
    """
    found = []
    for domain, name, first, last, constraints in answers["kernels"]:
        begins_here, is_closed = first == schema["since"], first < schema["since"] <= last != _ENDLESS
        if (domain, name) == (schema["domain"], schema["name"]) and (begins_here or is_closed):
            found.append(_kernel(schema, constraints))
    return found


def _kernel(schema: dict[str, Any], constraints: Mapping[str, list[str]]) -> Kernel:
    wants = []
    for name, kinds in constraints.items():
        places = _places(schema, name)
        if places:
            allowed = _allowed(schema, places[0])  # a kernel may take more than its schema lets through
            mask = _mask([kind for kind in kinds if kind in allowed], allowed)
            if mask != ELSE or not places[0].output:  # every map that may come out is no question
                wants.append(Ask(places, mask))
    return Kernel(tuple(sorted(wants)))


def _places(schema: dict[str, Any], name: str) -> tuple[NodePlace, ...]:
    """Where a type variable, or a parameter, stands; the one place alone that is never left out."""
    found = []
    for output in (False, True):
        for index, (parameter, kind, option, _) in enumerate(schema["outputs" if output else "inputs"]):
            if name in (kind, parameter):
                found.append(NodePlace(index, output))
                if option != "Optional" and index < schema["counts"][2 if output else 0]:
                    return (NodePlace(index, output),)
    return tuple(found)


def _allowed(schema: dict[str, Any], place: NodePlace) -> list[str]:
    kinds: list[str] = schema["outputs" if place.output else "inputs"][place.number][3]
    return kinds


def _mask(kinds: Iterable[str], allowed: list[str]) -> int:
    mask, held = 0, frozenset(kinds)
    for kind in held:
        mask |= bit(kind)
    others = {kind for kind in allowed if bit(kind) == ELSE}
    return mask | SOME_ELSE if mask & ELSE and not others <= held else mask


def _measured(
    answers: dict[str, Any], schema: dict[str, Any], kernels: list[Kernel], swept: dict[str, Any]
) -> list[Kernel]:
    """As kernels, the choices that load and that no kernel explains: functions, and what may be one."""
    found = []
    may_be, end = may_be_a_function(schema), end_of(answers, schema)
    casts = not _is_read_by_its_body(schema, len(swept["said"]))
    tried = list(zip(choices(schema), swept["said"], strict=True))
    open_ones = {Answer.OTHER.value} if may_be else set()
    open_ones |= {Answer.NO_KERNEL.value} if _hangs_on_ranks(schema, swept["said"]) else set()
    for (choice, answer), opsets in zip(tried, swept.get("opsets", [[]] * len(tried)), strict=True):
        if explained(choice, kernels, casts):
            continue
        made = _as_kernel(schema, choice)
        found += [made._replace(opsets=run) for run in _runs(opsets, end)]
        if answer in LOADS and not opsets:
            found.append(made)
        elif answer in open_ones:
            found.append(made._replace(sure=False))
    if not tried and not kernels and may_be:
        found.append(Kernel((), sure=False))
    return found


def _is_read_by_its_body(schema: dict[str, Any], tried: int) -> bool:
    """Whether an operator is a function of which all types were tried, float16 too."""
    return _in_onnx(schema) is not None and may_be_a_function(schema) and tried > 0 and is_whole(schema, tried)


def _runs(opsets: list[int], end: int) -> Iterable[tuple[int, int]]:
    """The first and the last of those that follow each other; what reaches the end has none."""
    for _, run in groupby(enumerate(opsets), key=lambda numbered: numbered[1] - numbered[0]):
        held = [opset for _, opset in run]
        yield held[0], held[-1] if held[-1] < end else NO_END


def end_of(answers: dict[str, Any], schema: dict[str, Any]) -> int:
    """The last opset at which the release reads an operator by this schema."""
    same = (one["since"] for one in answers["schemas"] if all(one[key] == schema[key] for key in ("domain", "name")))
    ends: list[int] = [since - 1 for since in same if since > schema["since"]]
    newest: int = answers["bounds"]["opsets"].get(schema["domain"], schema["since"])
    return min([newest, *ends])


def may_be_a_function(schema: dict[str, Any]) -> bool:
    """Of ONNX's own operators onnx says so, and of others nobody."""
    known = _in_onnx(schema)
    return known is None or bool(known.has_function or known.has_context_dependent_function)


def _hangs_on_ranks(schema: dict[str, Any], said: list[str]) -> bool:
    """Whether a body may be made once the shapes are known, which those of tiny models are not."""
    known = _in_onnx(schema)
    return known is not None and known.has_context_dependent_function and not LOADS & set(said)


def _in_onnx(schema: dict[str, Any]) -> Any:
    try:
        return onnx.defs.get_schema(schema["name"], schema["since"], schema["domain"])
    except onnx.defs.SchemaError:
        return None


def _of_another(
    answers: dict[str, Any], schema: dict[str, Any], theirs: list[Kernel], swept: dict[str, Any]
) -> list[Kernel]:
    """For a release that tells none: a later one's kernels, as far as no tiny model found one missing."""
    tried = list(zip(choices(schema), swept["said"], swept.get("opsets", repeat([])), strict=False))
    if not tried:
        return theirs or [Kernel((), sure=False)]
    missing = any(answer == Answer.NO_KERNEL.value and explained(choice, theirs) for choice, answer, _ in tried)
    if theirs and not missing and not is_whole(schema, len(tried)):
        return theirs
    found, end, by_body = [], end_of(answers, schema), _is_read_by_its_body(schema, len(tried))
    for choice, answer, opsets in tried:
        made = _as_kernel(schema, choice)
        if explained(choice, theirs, casts=False):
            found += [made] if answer in LOADS or answer == Answer.OTHER.value else []
            continue
        if not by_body and explained(choice, theirs):
            continue  # what the row says of float32 says it
        found += [made._replace(opsets=run) for run in _runs(opsets, end)] if by_body else []
        if answer in LOADS and not (by_body and opsets):
            found.append(made)
        elif answer == Answer.OTHER.value and may_be_a_function(schema):
            found.append(made._replace(sure=False))
    return found


def _as_kernel(schema: dict[str, Any], choice: Choice) -> Kernel:
    free = {kind: _places(schema, kind) for kind in choice.types}
    wants = (Ask(places, bit(choice.types[kind])) for kind, places in free.items() if places)
    return Kernel(tuple(sorted(wants)))


def explained(choice: Choice, kernels: list[Kernel], casts: bool = True) -> bool:
    """Whether a kernel takes the types as they are, or, with ``casts``, float32 in place of float16."""

    def wider(place: NodePlace) -> int | None:
        held = choice.dtype_of(place)
        return 1 << FLOAT if held == 1 << FLOAT16 else held

    asks = (choice.dtype_of, wider) if casts else (choice.dtype_of,)
    return any(takes(kernel, dtype_of) is not False for kernel in kernels for dtype_of in asks)


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
    return kernel._replace(wants=tuple(wants))


def _shown(kernel: Kernel) -> str:
    start = "" if kernel.sure else "?"
    if kernel.opsets:
        first, last = kernel.opsets
        start += f"{first}-{'' if last == NO_END else last}@"
    shown = ("+".join(f"{'>' * p.output}{p.number}" for p in w.places) + f":{w.mask:x}" for w in kernel.wants)
    return start + (",".join(shown) or "*")


def _signature(schema: dict[str, Any]) -> str:
    least, most, least_out, most_out = schema["counts"]
    marks = {"Optional": "?", "Variadic": "*", "Single": ""}
    inputs = (f"{n}{marks[option]}:{_mask(kinds, kinds):x}" for n, _, option, kinds in schema["inputs"])
    attributes = (f"{n}{'!' * needed}" for n, (_, needed) in sorted(schema["attributes"].items()))
    counts = (f"{a} {'*' if b == _ENDLESS else b}" for a, b in ((least, most), (least_out, most_out)))
    return "|".join([*counts, " ".join(inputs), " ".join(attributes)])
