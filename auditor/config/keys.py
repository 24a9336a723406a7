"""What a configuration may say: every key with the values that it takes.

A `Kind` turns a value out of the file into one of ours, or refuses it with its place, what is there and what was
expected.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NoReturn, TypeAlias

from ..errors import UsageError
from ..policy.policy import Bounds, Waiver
from ..report import Severity
from ..settings import LEVELS
from ..wording import bytes_of, nearest
from .toml import Path, Toml, dotted

Kind: TypeAlias = Callable[[Toml, Path, object], Any]

_SEVERITIES = {level.value: level for level in Severity}
_SCALE = 10.0**18  # beyond it a TOML number is a slip

MEASURES = (
    "parameters", "learnable-parameters", "macs", "flops", "weight-bytes", "file-bytes", "peak-activation-bytes",
    "nodes", "ir-version", "opset", "run-seconds",
)  # fmt: skip
"""What a limit can be set on."""

KINDS_ALLOWED = ("operators", "domains", "dtypes", "providers")
THINGS_REQUIRED = ("run", "golden", "isolation", "provider", "weights", "contract")


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
        case _:
            text = str(value)
            return text if len(text) <= 60 else f"{text[:59]}…"


def table(toml: Toml, path: Path, value: object, keys: Mapping[str, Kind], what: str = "") -> dict[str, Any]:
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


def flag(toml: Toml, path: Path, value: object) -> bool:
    return value if isinstance(value, bool) else refuse(toml, path, value, "true or false")


def text(toml: Toml, path: Path, value: object) -> str:
    return value if isinstance(value, str) and value else refuse(toml, path, value, "a text")


def words(toml: Toml, path: Path, value: object) -> frozenset[str]:
    """A list of texts."""
    if not isinstance(value, list):
        refuse(toml, path, value, 'a list of texts, such as ["one", "two"]')
    return frozenset(text(toml, (*path, i), inner) for i, inner in enumerate(value))


def patterns(toml: Toml, path: Path, value: object) -> tuple[str, ...]:
    """A pattern, or a list of them."""
    return tuple(sorted(words(toml, path, value))) if isinstance(value, list) else (text(toml, path, value),)


def one_of(*choices: str) -> Kind:
    def kind(toml: Toml, path: Path, value: object) -> str:
        if value in choices and isinstance(value, str):
            return value
        near = nearest(value, choices) if isinstance(value, str) else ""
        refuse(toml, path, value, " or ".join(f'"{c}"' for c in choices) + near)

    return kind


def severity(toml: Toml, path: Path, value: object) -> Severity:
    return _SEVERITIES[one_of(*_SEVERITIES)(toml, path, value)]


def level(toml: Toml, path: Path, value: object) -> Severity | None:
    """``fail-on``: never is None."""
    return _SEVERITIES.get(one_of(*_SEVERITIES, "never")(toml, path, value))


def number(least: float = 0.0, above: bool = False) -> Kind:
    def kind(toml: Toml, path: Path, value: object) -> float:
        match value:
            case bool():
                pass
            case int() | float() if value <= _SCALE and (value > least or (value == least and not above)):
                return value
        refuse(toml, path, value, f"a number {'above' if above else 'of at least'} {least:g}")

    return kind


def whole(least: int = 0) -> Kind:
    def kind(toml: Toml, path: Path, value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= _SCALE:
            return value
        refuse(toml, path, value, f"a whole number of at least {least}")

    return kind


def size(toml: Toml, path: Path, value: object) -> int:
    """Bytes: a number, or a text such as "2G"."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _SCALE:
        return value
    found = bytes_of(value) if isinstance(value, str) else None
    return refuse(toml, path, value, 'a number of bytes, or a size such as "512M"') if found is None else found


def memory(toml: Toml, path: Path, value: object) -> int:
    return size(toml, path, value) or refuse(toml, path, value, 'a size above 0, such as "2G"')


def sizes(toml: Toml, path: Path, value: object) -> dict[str, int]:
    """``dims``: sizes by name."""
    if not isinstance(value, dict):
        refuse(toml, path, value, "a table of sizes, such as { N = 1 }")
    return {key: whole()(toml, (*path, key), inner) for key, inner in value.items()}


def rules(toml: Toml, path: Path, value: object) -> frozenset[str]:
    """A list of rules' names."""
    found = words(toml, path, value)
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
    kinds = {m: _limit(size if m.endswith("-bytes") else number()) for m in MEASURES if m != "opset"}
    for key, limit in table(toml, path, value, {**kinds, "opset": _opsets}).items():
        found |= limit if key == "opset" else {key: limit}
    return found


_BOUNDS = ("max", "min", "max-increase", "max-increase-percent")


def _limit(kind: Kind) -> Kind:
    keys = dict.fromkeys(_BOUNDS, kind) | {"max-increase-percent": number()}

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
    found = {f"opset:{key}": _limit(whole())(toml, (*path, key), inner) for key, inner in domains.items()}
    return found | ({"opset": _limit(whole())(toml, path, own)} if own or not found else {})


def allowed(toml: Toml, path: Path, value: object) -> dict[str, frozenset[str]]:
    return table(toml, path, value, dict.fromkeys(KINDS_ALLOWED, words))


def required(toml: Toml, path: Path, value: object) -> frozenset[str]:
    """Things to look at, and rules."""
    found = words(toml, path, value)
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
    name = text(toml, path, value)
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


POLICY: Mapping[str, Kind] = {
    "fail-on": level,
    "select": rules,
    "ignore": rules,
    "severity": severities,
    "limits": limits,
    "allowed": allowed,
    "required": required,
    "waivers": waivers,
}
"""What is asked of models: for all of them, or in a section for some."""

SETTINGS: Mapping[str, Kind] = {
    "run": flag,
    "optimisation": one_of(*LEVELS),
    "weights": flag,
    "provider": text,
    "dims": sizes,
    "timeout": number(above=True),
    "memory": memory,
    "seed": whole(),
    "rtol": number(),
    "atol": number(),
    "require-isolation": flag,
    "target-dtype": one_of("float16"),
}
"""How models are audited."""

PLACES: Mapping[str, Kind] = {"db": text, "baseline": text, "jobs": whole(1), "operators": patterns, "custom-ops": text}
