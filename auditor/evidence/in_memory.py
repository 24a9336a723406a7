"""A run of a model that came without a file: it is written to one for as long as the run takes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from ..costs.count import Costs
from ..model import digest
from ..model.graph import Model
from ..report import Missed
from ..runtime.outcome import NotRun
from ..settings import Settings
from ..shapes.facts import Facts
from .trial import Trial, attempt


def attempt_in_memory(model: Model, facts: Facts, costs: Costs, settings: Settings) -> Trial:
    """As `attempt` does it. With external data there is no run: nobody knows where that lies."""
    if digest.files(model):
        why = "its external data was not opened, as the model came without a path"
        return Trial(NotRun(why), True, (Missed("run", why, asked=True),))
    with written(model) as there:
        return attempt(there, facts, costs, settings)


@contextmanager
def written(model: Model) -> Iterator[Model]:
    """The model, in a file for as long as it takes."""
    with tempfile.TemporaryDirectory(prefix="auditor-") as folder:
        path = os.path.join(folder, "model.onnx")
        with open(path, "wb") as file:
            file.write(model.data or b"")
        yield model._replace(path=path)
