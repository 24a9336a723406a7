"""What each execution provider did of a run, and what did not go where it was asked to, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from ...names import visible
from ...report import ProviderFallback, ProviderShare, RunSummary
from ...wording import counted

_MOST = 8


def sharing(run: RunSummary) -> Iterator[str]:
    """Nothing where the CPU alone was asked for."""
    for share in run.shares[:_MOST]:
        yield _share(share, run)
    if run.unplaced_macs:
        yield f"{run.unplaced_macs:,} MACs lie in nodes of which it is not known who did them"
    if run.shares:
        yield f"shares: {run.shares_by}"
    yield from (_fallback(one) for one in run.fallbacks[:_MOST])
    if len(run.fallbacks) > _MOST:
        yield f"{counted(sum(one.nodes for one in run.fallbacks[_MOST:]), 'more node')} on another provider"


def _share(share: ProviderShare, run: RunSummary) -> str:
    whole = sum(one.nodes for one in run.shares)
    told = f"{visible(share.provider)}: {share.nodes:,} of {counted(whole, 'node')}{_percent(share.node_percent)}"
    if share.macs is None:
        return told
    macs = sum(one.macs or 0 for one in run.shares) + (run.unplaced_macs or 0)
    return f"{told}, {share.macs:,} of {macs:,} MACs{_percent(share.mac_percent)}"


def _percent(percent: float | None) -> str:
    return "" if percent is None else f" ({percent:g} %)"


def _fallback(one: ProviderFallback) -> str:
    why = one.why or "nobody says why"
    return f"on {visible(one.provider)}: {one.nodes:,} {visible(one.op_type)} ({why})"
