"""What one call asks for: what its caller says, over what is configured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from ..config.configuration import Configuration, find
from ..config.table import OPTIONS, values
from ..errors import UsageError
from ..settings import Settings
from ..tuples import NamedTuple
from .destinations import Destinations
from .listening import Listener

if TYPE_CHECKING:
    from ..batch.engine import Opens
    from ..batch.tasks import WorkerLimits


_NEED_DATA = {
    "run": "--run", "weights": "--weights", "sample_weights": "--sample-weights", "deep": "--deep",
    "deep_parts": "--deep-part", "try_target": "--try-target", "require_isolation": "--require-isolation",
    "inputs": "--inputs", "against": "--against", "speed_against": "--speed-against",
}  # fmt: skip


class Asked(NamedTuple):
    """The values of one call, by the names of options, and the configuration with them."""

    said: Mapping[str, Any]
    configured: Configuration

    @property
    def settings(self) -> Settings:
        """How models are audited."""
        return self.configured.settings()

    def limits(self) -> WorkerLimits:
        """What the audit of one model may take, where it is made by a worker."""
        from ..batch.run import allowed

        return allowed(self.settings, self.said.get("audit_timeout"), self.said.get("audit_memory"))

    def engine(self, listener: Listener) -> Opens:
        """Who audits; `UsageError` for options that make no sense together."""
        from .engines import chosen_engine

        return chosen_engine(self.said, self.settings, listener.say)

    def destinations(self, out: TextIO, listener: Listener) -> Destinations:
        """Where reports go; `UsageError` for a format that there is not."""
        from ..formats import renderer

        said = self.said
        for form in (said.get("form", "text"), *(form for form, _ in said.get("outputs", ()))):
            renderer(form)
        return Destinations(
            said.get("form", "text"),
            out,
            said.get("outputs", ()),
            said.get("quiet", False),
            not said.get("no_store", False),
            self.configured.db,
            listener,
        )


def asked(words: Mapping[str, Any], *, reads_baseline: bool = True) -> Asked:
    """What the words of a command line ask for; `UsageError` for the first that makes no sense.

    The baseline is read, so that what is wrong with it is said before anything is audited.
    """
    said = values({name: word for name, word in words.items() if name in OPTIONS})
    configured = find(said.get("config"), said.get("no_config", False), said.get("trusted_config"))
    if configured.trusted and said.get("baseline"):
        raise UsageError(f"--baseline: the trusted configuration {configured.origin} says which baseline there is")
    if said.get("graph_only"):
        for name, option in _NEED_DATA.items():
            if said.get(name):
                raise UsageError(f"{option} needs the weights, and --graph-only fetches none: take one of the two")
    configured = configured.saying_ad_hoc(said)
    return Asked(said, configured.checked() if reads_baseline else configured)
