"""Whether a report that came as a file is of the model that lies at its path now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..errors import AuditorError
from ..report import Missed, Report
from ..tuples import NamedTuple

_WHAT = "the report's model"


class Binding(NamedTuple):
    """``why`` says what does not hold; "" where all does."""

    why: str = ""
    another: bool = False  # the model is another one by now: what the report says is not of it

    @property
    def holds(self) -> bool:
        return not self.why

    def added_to(self, report: Report) -> Report:
        """The report with what there is to say of its model."""
        if self.holds:
            return report
        missed = Missed(_WHAT, self.why, asked=self.another)
        return report._replace(coverage=report.coverage._replace(skipped=(*report.coverage.skipped, missed)))


BINDING = Binding()


def bound_to_its_model(said: Mapping[str, Any]) -> Binding:
    """Held against every byte of the model's files, as far as the report has a hash of them.

    ``said`` is what the report says of its model: path, digest and content_digest.
    """
    from ..model import digest
    from ..model.load import load

    path = said["path"]
    if not isinstance(path, str) or not os.path.lexists(path):
        return Binding("no model lies at its path: nothing says that the report is of the model that is to go live")
    try:
        model = load(path)
        if digest.structure(model) != said["digest"]:
            return Binding(f"{path} is another model by now: audit it again", another=True)
        if said["content_digest"] is None:
            return Binding(
                "the report has no hash of the weights, and these may be others by now: gate the model itself"
            )
        if digest.content(model) != said["content_digest"]:
            return Binding(f"{path} has other weights by now: audit it again", another=True)
    except AuditorError as error:
        return Binding(f"{path} cannot be held against the report: {error}", another=True)
    return BINDING
