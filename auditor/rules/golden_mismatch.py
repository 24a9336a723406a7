"""Outputs that are not those of the golden vectors beside the model.

## What it does
Runs the inputs of every `test_data_set_N/` beside the model and compares the outputs with those that lie there,
within `--rtol` and `--atol`.

## Why it matters
The golden vectors are what the exporter's framework gave. A model that answers otherwise is not the model that was
trained: a layer was converted wrongly, weights were exchanged, or the vectors belong to another version.

## Fires on
```mutator
golden_vector_of_another_model
```

## Quiet on
```mutator
golden_vector
```

## How to fix
Compare the intermediate tensors of both sides layer by layer from the input on; the first that differs is the one. If
only the last digits differ, raise `--rtol`. If the vectors are old, make them anew. What a random operator without a
seed gives matches no vector: make the random tensor an input.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.kind import Symptom
from ..findings.places import tensors_at
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from ..runtime.outcome import Comparison, GoldenResult, Run
from ..shapes.facts import Facts
from ..wording import listed
from . import rule

if TYPE_CHECKING:
    from ..evidence.trial import Trial


@rule(Severity.ERROR, Basis.SUSPICIOUS, symptom=Symptom.OTHER_OUTPUTS)
def golden_mismatch(model: Model, facts: Facts, trial: Trial) -> Iterator[Found]:
    match trial.result:
        case Run(golden=golden):
            wrong = [(vector, [c for c in vector.comparisons if c.difference is not None]) for vector in golden]
            wrong = [(vector, differing) for vector, differing in wrong if differing]
            if wrong:
                found = _finding(wrong, len(golden))
                names = {c.output for _, differing in wrong for c in differing}
                yield _by_chance(model, facts, names, found) or found


def _finding(wrong: list[tuple[GoldenResult, list[Comparison]]], vectors: int) -> Found:
    vector, differing = wrong[0]
    first = differing[0]
    difference = first.difference
    assert difference is not None  # as was asked
    where = f" at {list(difference.place)}" if difference.place else ""
    numbers = f": {difference.actual} instead of {difference.expected}" if difference.expected else ""
    largest = f", at most {difference.largest:.3g} apart" if difference.largest is not None else ""
    outputs = f"; also {listed(c.output for c in differing[1:])}" if len(differing) > 1 else ""
    more = f"; {len(wrong)} of {vectors} vectors differ" if len(wrong) > 1 else ""
    return Found(
        f"{vector.name}: the output {first.output!r} differs{where}{numbers} "
        f"({difference.why}{largest}){outputs}{more}",
        Location(tensor=first.output),
        "compare the layers with the framework's from the input on, or make the vectors anew",
        expected=difference.expected or None,
        actual=difference.actual or None,
        places=tensors_at(("", name) for name in {c.output for _, differing in wrong for c in differing}),
    )


def _by_chance(model: Model, facts: Facts, names: set[str], found: Found) -> Found | None:
    """The same, where all that differs hangs on random numbers that no run gives again."""
    from ..evidence.deep.chance import unseeded_in  # where vectors differ alone

    chance = unseeded_in(model, facts)
    if not names <= chance.reached:
        return None
    place = found.location
    if chance.first is not None:
        node = model.graph.nodes[chance.first]
        place = Location("", model.graph.label(chance.first), node.op_type, place.tensor, offset=node.offset)
    return found._replace(
        message=f"{found.message}; it hangs on random numbers without a seed, which no vector can have",
        location=place,
        fix="make the random tensor an input, and make the vectors anew with it",
    )
