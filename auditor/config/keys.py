"""What a configuration may say: the keys of the table of settings, with what reads their values.

A `Reader` turns a value out of the file into one of ours, or refuses it with its place, what is there and what was
expected. Plain values are checked by their `kinds`; what stands here is of tables within tables.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NoReturn, TypeAlias

from ..errors import UsageError
from ..policy.policy import Bounds, Waiver
from ..report import Severity
from ..settings import DEEP
from ..wording import nearest
from . import kinds
from .kinds import ValueKind, Wrong
from .table import KEYS, Fills
from .toml import Path, Toml, dotted

Reader: TypeAlias = Callable[[Toml, Path, object], Any]

_BITS = 128  # a longer number is not shown as it is: of more than 4,300 digits Python makes no text

_SEVERITIES = {level.value: level for level in Severity}

MEASURES = (
    "parameters", "learnable-parameters", "macs", "flops", "weight-bytes", "file-bytes", "peak-activation-bytes",
    "nodes", "ir-version", "opset", "run-seconds", "run-ms-p50", "run-ms-p90", "session-ms", "run-ratio",
    "peak-run-bytes", "growth-bytes-per-run", "provider-node-percent", "provider-mac-percent",
)  # fmt: skip
"""What a limit can be set on."""

KINDS_ALLOWED = ("operators", "domains", "dtypes", "providers")
THINGS_REQUIRED = ("run", "golden", "isolation", "provider", "weights", "contract", *DEEP)


def refuse(toml: Toml, path: Path, value: object, expected: str) -> NoReturn:
    raise UsageError(f"{toml.at(path)}: {dotted(path)} is {_shown(value)}; expected {expected}")


def _shown(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"' if len(value) <= 60 else f'"{value[:59]}…"'
        case Mapping():
            return "a table"
        case list():
            return "a list" if value else "an empty list"
        case int() if value.bit_length() > _BITS:
            return f"a number of {value.bit_length():,} bits"
        case _:
            text = str(value)
            return text if len(text) <= 60 else f"{text[:59]}…"


def table(toml: Toml, path: Path, value: object, keys: Mapping[str, Reader], what: str = "") -> dict[str, Any]:
    """A table that has these keys and no others."""
    if not isinstance(value, dict):
        refuse(toml, path, value, what or "a table")
    for key in value:
        if key not in keys:
            raise UsageError(
                f"{toml.at_key((*path, key))}: there is no key {dotted((*path, key))}{nearest(key, keys)}; "
                f"{'this table' if path else 'the file'} takes {', '.join(sorted(keys))}"
            )
    return {key: keys[key](toml, (*path, key), inner) for key, inner in value.items()}


def plain(kind: ValueKind) -> Reader:
    """The reader of a kind of value."""

    def reader(toml: Toml, path: Path, value: object) -> Any:
        try:
            return kind.check(value)
        except Wrong as wrong:
            refuse(toml, (*path, *wrong.way), wrong.value, wrong.expected)

    return reader


text = plain(kinds.TEXT)
words = plain(kinds.NAMES)
patterns = plain(kinds.PATHS)
severity_word = plain(kinds.one_of(*_SEVERITIES))


def severity(toml: Toml, path: Path, value: object) -> Severity:
    return _SEVERITIES[severity_word(toml, path, value)]


def rules(toml: Toml, path: Path, value: object) -> frozenset[str]:
    """A list of rules' names."""
    found: frozenset[str] = words(toml, path, value)
    for i, name in enumerate(value if isinstance(value, list) else ()):
        _is_rule(name, toml.at((*path, i)))
    return found


@cache
def _rules() -> frozenset[str]:
    from ..rules import all_rules

    return frozenset(r.name for r in all_rules())


def severities(toml: Toml, path: Path, value: object) -> dict[str, Severity]:
    if not isinstance(value, dict):
        refuse(toml, path, value, 'a table, such as { dead-branches = "note" }')
    for name in value:
        _is_rule(name, toml.at_key((*path, name)))
    return {name: severity(toml, (*path, name), inner) for name, inner in value.items()}


def _is_rule(name: str, place: str) -> None:
    if name not in _rules():
        raise UsageError(f"{place}: there is no rule {_shown(name)}{nearest(name, _rules())}")


def limits(toml: Toml, path: Path, value: object) -> dict[str, Bounds]:
    """By measure; the opset of a domain but ai.onnx is the measure ``opset:DOMAIN``."""
    found: dict[str, Bounds] = {}
    readers = {m: _limit(kinds.BYTES if m.endswith("-bytes") else kinds.number()) for m in MEASURES if m != "opset"}
    for key, limit in table(toml, path, value, {**readers, "opset": _opsets}).items():
        found |= limit if key == "opset" else {key: limit}
    return found


_BOUNDS = ("max", "min", "max-increase", "max-increase-percent")


def _limit(kind: ValueKind) -> Reader:
    keys = dict.fromkeys(_BOUNDS, plain(kind)) | {"max-increase-percent": plain(kinds.number())}

    def limit(toml: Toml, path: Path, value: object) -> Bounds:
        found = {
            k.replace("-", "_"): v for k, v in table(toml, path, value, keys, "a table, such as { max = 1 }").items()
        }
        if not found:
            refuse(toml, path, {}, f"at least one of {', '.join(_BOUNDS)}")
        made = Bounds(**found)
        if made.max is not None and made.min is not None and made.min > made.max:
            refuse(toml, (*path, "min"), made.min, f"no more than max, which is {made.max}")
        return made

    return limit


def _opsets(toml: Toml, path: Path, value: object) -> dict[str, Bounds]:
    if not isinstance(value, dict):
        refuse(toml, path, value, "a table, such as { max = 21 }")
    domains = {key: inner for key, inner in value.items() if isinstance(inner, dict)}
    own = {key: inner for key, inner in value.items() if key not in domains}
    found = {f"opset:{key}": _limit(kinds.whole())(toml, (*path, key), inner) for key, inner in domains.items()}
    return found | ({"opset": _limit(kinds.whole())(toml, path, own)} if own or not found else {})


def allowed(toml: Toml, path: Path, value: object) -> dict[str, frozenset[str]]:
    return table(toml, path, value, dict.fromkeys(KINDS_ALLOWED, words))


def required(toml: Toml, path: Path, value: object) -> frozenset[str]:
    """Things to look at, and rules."""
    found: frozenset[str] = words(toml, path, value)
    for i, name in enumerate(value if isinstance(value, list) else ()):
        if name not in THINGS_REQUIRED and name not in _rules():
            near = nearest(name, (*THINGS_REQUIRED, *_rules()))
            things = f"required takes {', '.join(THINGS_REQUIRED)} and names of rules"
            raise UsageError(f"{toml.at((*path, i))}: nothing is called {_shown(name)}{near}; {things}")
    return found


def waivers(toml: Toml, path: Path, value: object) -> tuple[Waiver, ...]:
    """Each with who answers for it and why."""
    if not isinstance(value, list):
        refuse(toml, path, value, "tables headed [[waivers]]")
    return tuple(_waiver(toml, (*path, i), inner) for i, inner in enumerate(value))


def _waiver(toml: Toml, path: Path, value: object) -> Waiver:
    texts = dict.fromkeys(("reason", "owner", "model", "node", "fingerprint"), text)
    found = table(toml, path, value, {"rule": _rule, "expires": _day, **texts})
    for key in ("rule", "reason", "owner"):
        if key not in found:
            raise UsageError(f"{toml.at(path)}: {dotted(path)} has no {key}: a waiver needs rule, reason and owner")
    return Waiver(**found, origin=f"{toml.name}:{toml.line(path)}")


def _rule(toml: Toml, path: Path, value: object) -> str:
    name: str = text(toml, path, value)
    _is_rule(name, toml.at(path))
    return name


def _day(toml: Toml, path: Path, value: object) -> str:
    """The last day on which a waiver holds."""
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    try:
        return datetime.date.fromisoformat(value if isinstance(value, str) else "").isoformat()
    except ValueError:
        refuse(toml, path, value, "a day, such as 2027-01-31")


def registries(toml: Toml, path: Path, value: object) -> dict[str, str]:
    """Folders by folders."""
    if not isinstance(value, dict):
        refuse(toml, path, value, 'a table, such as { staging = "live" }')
    return {key: text(toml, (*path, key), inner) for key, inner in value.items()}


_WITHIN: Mapping[str, Reader] = {
    "select": rules,
    "ignore": rules,
    "severity": severities,
    "limits": limits,
    "allowed": allowed,
    "required": required,
    "waivers": waivers,
    "registries": registries,
}
"""What is more than a plain value."""


def readers(*fills: Fills) -> dict[str, Reader]:
    """The keys that are fields of these, each with its reader."""
    return {key: _WITHIN.get(key) or plain(row.kind) for key, row in KEYS.items() if row.fills in fills}
