"""Who audits the models of a call: processes here, or a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from typing import Any

from ..batch.engine import Engine, Opens
from ..batch.engines.where import Cluster, chosen_cluster
from ..batch.pool import Pool
from ..batch.tasks import WorkerLimits
from ..errors import UsageError
from ..settings import Settings


def chosen_engine(said: Mapping[str, Any], settings: Settings, say: Callable[[str], object]) -> Opens:
    """What the options ask for, by the names of the table of settings; ``say`` is told what its user should know.

    `UsageError` where they make no sense, or where what they ask for is not installed.
    """
    cluster = chosen_cluster(said)
    if cluster is None:
        return Pool
    if find_spec("distributed") is None:
        raise UsageError("--engine dask needs Dask, which is not installed: pip install 'auditor[dask]'")
    return partial(_opened, cluster, settings, say)


def _opened(
    cluster: Cluster, settings: Settings, say: Callable[[str], object], jobs: int, limits: WorkerLimits
) -> Engine:
    from ..batch.engines.dask import DaskEngine
    from ..batch.engines.needs import needs_of

    return DaskEngine(jobs, limits, cluster, needs_of(settings), say)
