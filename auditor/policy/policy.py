"""What a team asks of its models: plain data, applied to a report when it is read, so that changing it runs nothing."""

from collections.abc import Mapping
from typing import Any

from ..findings.order import RANK, worse
from ..report import JudgedBy, Severity
from ..tuples import NamedTuple

_NONE: Mapping[str, Any] = {}


PROFILES = ("own", "untrusted")
"""Whose models they are: one's own, or anybody's. A rule says how bad what it finds is in a stranger's model."""


class Bounds(NamedTuple):
    """Bounds on one measured number; None: not bounded. Increases are against the last accepted version."""

    max: float | None = None
    min: float | None = None
    max_increase: float | None = None
    max_increase_percent: float | None = None


class Waiver(NamedTuple):
    """Somebody answers for a finding, for a while. An empty field matches whatever is there."""

    rule: str
    reason: str
    owner: str
    expires: str = ""  # ISO 8601, the last day on which it holds; "" never
    model: str = ""  # a glob over the model's path or name
    node: str = ""  # as the finding's location names it
    fingerprint: str = ""
    origin: str = ""  # where it is written: "auditor.toml:12"


class HowBad(NamedTuple):
    """How bad a finding was that a baseline knows. None: it does not say, and knows it however bad it is."""

    severity: Severity | None = None  # the finding's own, whatever a policy says
    magnitude: int | float | None = None

    def covers(self, now: "HowBad") -> bool:
        """Whether what is there now is no worse."""
        if self.severity is not None and (now.severity is None or RANK[now.severity] > RANK[self.severity]):
            return False
        return self.magnitude is None or now.magnitude is None or now.magnitude <= self.magnitude

    def or_worse(self, other: "HowBad") -> "HowBad":
        """What covers whatever either of them covers."""
        severities = [s for s in (self.severity, other.severity) if s is not None]
        magnitudes = [m for m in (self.magnitude, other.magnitude) if m is not None]
        return HowBad(
            worse(*severities) if len(severities) == 2 else None, max(magnitudes) if len(magnitudes) == 2 else None
        )


class Policy(NamedTuple):
    """What is asked of one model."""

    fail_on: Severity | None = Severity.ERROR  # None: never
    select: frozenset[str] = frozenset()  # rules whose findings count; empty: all
    ignore: frozenset[str] = frozenset()
    severity: Mapping[str, Severity] = _NONE  # by rule, instead of the finding's own
    profile: str = PROFILES[0]  # one of PROFILES: whose models these are
    limits: Mapping[str, Bounds] = _NONE  # by measure
    allowed: Mapping[str, frozenset[str]] = _NONE  # by "operators", "domains", "dtypes", "providers": what may occur
    required: frozenset[str] = frozenset()  # what must have been looked at, or the verdict is inconclusive
    waivers: tuple[Waiver, ...] = ()
    run: bool = True  # False: nobody asks whether it runs
    known: Mapping[str, HowBad] = _NONE  # by fingerprint: what the baseline knows, and how bad that was
    origin: str = ""  # the file that says so; "" none
    baseline: str = ""  # the file of what is known; "" none
    trusted: bool = False  # named as the one that nothing else can soften

    @property
    def judged_by(self) -> JudgedBy:
        """Whose verdict a report has that this is applied to."""
        return JudgedBy(self.origin, self.baseline, self.trusted)

    @property
    def compares(self) -> bool:
        """Whether it asks how much a model has grown since the version that was accepted last."""
        limits = self.limits.values()
        return any(limit.max_increase is not None or limit.max_increase_percent is not None for limit in limits)
