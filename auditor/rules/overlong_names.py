"""Names of more than 256 characters.

## What it does
Measures the names of nodes, tensors, graphs, functions, operators, domains and attributes. The name of a size may be a
formula, and is as long as that.

## Why it matters
A name becomes a file's name, a column, a key of a database, a line of a log. File systems end at 255 bytes; what is cut
there is no longer unique, and what is not cut can hide a text that nobody scrolls to. Exporters build names out of the
path of a layer, which is rarely beyond 150. On one's own model it is a note; under the profile `untrusted` it is a
warning.

## Fires on
```mutator
node_with_a_name_of_300
```

## Quiet on
```mutator
node_with_a_name_of_256
```

## How to fix
Give it a shorter name.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.texts import LONGEST_NAME, Text, TextKind, odd_texts
from ..report import Basis, Found, Severity
from . import rule

_TOGETHER = 4


@rule(Severity.NOTE, Basis.SUSPICIOUS, from_strangers=Severity.WARNING)
def overlong_names(model: Model) -> Iterator[Found]:
    groups: dict[str, list[Text]] = {}
    for text in odd_texts(model):
        if text.kind is TextKind.NAME and len(text.value) > LONGEST_NAME and not text.what.startswith("a size of"):
            groups.setdefault(text.what, []).append(text)
    for group in groups.values():
        longest = sorted(group, key=lambda text: -len(text.value))
        for text in group if len(group) <= _TOGETHER else longest[:1]:
            others = f"; {len(group) - 1:,} more are over {LONGEST_NAME}" if len(group) > _TOGETHER else ""
            yield Found(
                f"{text.what} has {len(text.value):,} characters: {text.value[:40]!r}...{others}",
                text.where,
                "give it a shorter name",
                expected=f"at most {LONGEST_NAME}",
                actual=len(text.value),
                magnitude=len(text.value),
            )
