"""What the service's processes are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..store.connection import address
from .children import Given
from .context import ServiceLimits
from .serving import Serving


def given_to(chosen: Serving, limits: ServiceLimits, where: str, is_open: bool, said: Mapping[str, Any]) -> Given:
    """The same for each process; who their parent is the supervisor knows."""
    return Given(
        0,
        address(where).render_as_string(hide_password=False),
        chosen.storage,
        roots=chosen.roots,
        hosts=chosen.hosts,
        names=chosen.names,
        proxies=chosen.proxies,
        open=is_open,
        until_token=not chosen.no_auth,
        metrics_port=chosen.metrics_port,
        limits=limits._asdict(),
        workers=chosen.workers,
        grace=chosen.grace,
        retention=chosen.retention,
        audit_seconds=said.get("audit_timeout", Given._field_defaults["audit_seconds"]),
        audit_memory=said.get("audit_memory", Given._field_defaults["audit_memory"]),
    )
