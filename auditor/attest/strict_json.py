"""JSON that everybody reads alike: no key twice, no number without end, no nesting without a bottom."""

from __future__ import annotations

import json
from collections import Counter
from math import isinf
from typing import Any, NoReturn

from ..names import visible
from .refusals import NotAnAttestation, Refusal, RepeatedKey

_LONGEST_NUMBER = 40  # digits


def strict_object(text: str | bytes, where: str, wrong: type[Refusal] = NotAnAttestation) -> dict[str, Any]:
    """The object in a text of UTF-8; `RepeatedKey`, or ``wrong`` with ``where``, for whatever is not one."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) < len(found):
            twice = next(name for name, count in Counter(name for name, _ in found).items() if count > 1)
            raise RepeatedKey(f"{where} says {visible(twice, 60)} twice, and readers differ in which of them counts")
        return made

    def constant(word: str) -> NoReturn:
        raise wrong(f"{where} is not JSON: {word} is no number")

    def integer(digits: str) -> int:
        if len(digits) > _LONGEST_NUMBER:
            raise wrong(f"{where} is not JSON that anybody wrote: a number has {len(digits):,} digits")
        return int(digits)

    def real(text: str) -> float:
        if isinf(number := float(text)):
            raise wrong(
                f"{where} is not JSON that everybody reads alike: {text[:_LONGEST_NUMBER]} is beyond all numbers"
            )
        return number

    try:
        found = json.loads(
            text if isinstance(text, str) else text.decode("utf-8"),
            object_pairs_hook=pairs, parse_constant=constant, parse_int=integer, parse_float=real,
        )  # fmt: skip
    except UnicodeDecodeError as error:
        raise wrong(f"{where} is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise wrong(f"{where} is not JSON, or is cut short: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise wrong(f"{where} nests too deeply") from None
    if not isinstance(found, dict):
        raise wrong(f"{where} is not a JSON object")
    return found
