"""Gauges for Prometheus: of this process its answers, of the service what the database holds when it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from ..store.gauges import Gauges, gauges
from ..store.tables import DEFAULT
from ..store.works import Works
from .auth import Caller, needs
from .guard.access import Answered
from .problems import Problem, problems

MEDIA_TYPE = CONTENT_TYPE_LATEST
router = APIRouter(include_in_schema=False)

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

# Sums of the table `counters` that have a label: "audits pass" is auditor_audits_total{verdict="pass"}.
_LABELS = {"audits": "verdict", "seconds": "stage", "deliveries": "state"}
_NAMES = {"seconds": "stage_seconds"}


class Metrics:
    """The figures of one process."""

    def __init__(self, store: Works) -> None:
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "auditor_http_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "auditor_http_seconds", "Until the answer's last byte.", ("method", "route"), buckets=_BUCKETS,
            registry=self._registry,
        )  # fmt: skip
        self._came = Counter("auditor_http_received_bytes", "Bytes of bodies that came.", registry=self._registry)
        self._went = Counter("auditor_http_sent_bytes", "Bytes of bodies that went.", registry=self._registry)
        self._registry.register(_Stored(store))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def count(self, answered: Answered) -> None:
        """Count an answer. Its labels are few: whatever a client makes up has none of its own."""
        method = answered.method if answered.method in _METHODS else "other"
        route = answered.route or "none"
        self._answers.labels(method, route, str(answered.status)).inc()
        self._seconds.labels(method, route).observe(answered.seconds)
        self._came.inc(answered.bytes_in)
        self._went.inc(answered.bytes_out)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)


class _Stored(Collector):
    """What the database knows, asked when it is collected."""

    def __init__(self, store: Works) -> None:
        self._store = store

    def describe(self) -> list[Metric]:
        return []  # nothing is asked of the database before it has to be

    def collect(self) -> Iterator[Metric]:
        yield from _families(gauges(self._store), datetime.now(UTC))


def _families(found: Gauges, now: datetime) -> Iterator[Metric]:
    age = 0.0 if found.oldest is None else max(0.0, (now - datetime.fromisoformat(found.oldest)).total_seconds())
    yield GaugeMetricFamily("auditor_queue_length", "Audits that wait.", found.queued)
    yield GaugeMetricFamily("auditor_queue_age_seconds", "For how long the oldest of them has waited.", age)
    yield GaugeMetricFamily("auditor_audits_running", "Audits that are being made.", found.running)
    yield GaugeMetricFamily("auditor_blobs", "Files that are stored.", found.blobs)
    yield GaugeMetricFamily("auditor_blob_bytes", "Their bytes.", found.blob_bytes)
    yield GaugeMetricFamily("auditor_uploads", "Files that are on their way.", found.uploads)
    yield GaugeMetricFamily("auditor_deliveries_waiting", "Messages to webhooks that wait.", found.deliveries)
    families: dict[str, CounterMetricFamily] = {}
    for name, value in sorted(found.counters.items()):
        first, _, rest = name.partition(" ")
        if first in _LABELS and rest:
            said = f"auditor_{_NAMES.get(first, first)}"
            family = families.setdefault(said, CounterMetricFamily(said, f"{first} so far.", labels=[_LABELS[first]]))
            family.add_metric([rest], value)
        else:
            said = f"auditor_{name.replace(' ', '_')}"
            families[said] = CounterMetricFamily(said, f"{name} so far.", value)
    yield from families.values()


@router.get("/metrics", responses=problems())
def metrics(request: Request, caller: Annotated[Caller, needs("admin")]) -> Response:
    """For an admin of the project `default`, for they are of all projects; on a port of their own for whoever comes."""
    if caller.project != DEFAULT:
        raise Problem(403, "scope", "these are figures of all projects", "ask an admin of the project default")
    return Response(_metrics_of(request).text(), media_type=MEDIA_TYPE)


def _metrics_of(request: Request) -> Metrics:
    found = request.app.state.metrics
    assert isinstance(found, Metrics)
    return found
