"""A registry's description of the model that cannot be read.

## What it does
Says why the file beside the model that describes it, Triton's config.pbtxt or MLflow's MLmodel, or its entry in a
manifest, could not be read: it is not of its format, too large (over 1 MiB; 256 KiB of YAML), nested too deeply, or
holds YAML aliases, of which bombs are made and which neither registry writes.

## Why it matters
A server that cannot read it does not load the model. And nobody compared the model with what its clients expect.

## Fires on
```mutator
served_by_a_broken_config
```

## Quiet on
```mutator
served_as_it_is
```

## How to fix
Mend the file at the line that the message names, or let the registry's own tool write it anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..report import Basis, Contract, Found, Severity
from . import rule


@rule(Severity.ERROR, Basis.SUSPICIOUS)
def unreadable_contract(contract: Contract) -> Iterator[Found]:
    for trouble in contract.troubles:
        yield Found(
            f"what the registry says of the model cannot be read: {trouble}",
            fix=f"mend what {contract.origin} says, or have it written anew",
        )
