"""``auditor serve``: the service, with its pages, its API and its queue, on one address."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..config.table import OPTIONS, SERVICE, values
from ..errors import UsageError
from .command import Command, Words, options

if TYPE_CHECKING:
    from ..service.context import ServiceLimits
    from ..service.serving import Serving
    from ..store.works import Works


def serve(words: Words) -> int:
    """Answer over HTTP: models are uploaded, audited, gated and watched.

    With nothing said it listens on this machine alone, keeps reports in the database of the other commands and what is
    uploaded in the user's data folder. Nobody needs a token on this machine as long as there is none; beyond it the
    service does not listen without one. SIGTERM and Ctrl-C end it: running audits may end within --grace, and what does
    not is audited after the next start. The exit code is then 0. What files, the queue and callers may take at most are
    keys of [service] in auditor.toml.
    """
    _check_installed()
    from ..config.configuration import find
    from ..service.serving import check_open, listening, serving, url_of
    from ..service.starting import given_to
    from ..service.supervisor import Supervisor
    from ..store.where import chosen_path
    from ..store.works import Works

    said = values({name: word for name, word in words.items() if name in OPTIONS})
    configured = find(said.get("config"), said.get("no_config", False), said.get("trusted_config")).saying(said)
    chosen, limits = serving(configured)
    where = chosen_path(configured.db)
    with Works.open(where) as store:
        is_open = check_open(chosen, store)
        if said.get("sample"):
            _audit_samples(store, chosen, limits)
    with listening(chosen) as listens:
        address = url_of(listens)
        Supervisor(
            given_to(chosen, limits, where, is_open, said),
            listens,
            lambda: _say(f"auditor serves at {address}" + (" (nobody needs a token)" if is_open else "")),
            _warn,
        ).run()
    return 0


def _audit_samples(store: Works, chosen: Serving, limits: ServiceLimits) -> None:
    from ..service.files.storage import Storage
    from ..service.samples import audit_samples, samples

    folder = samples()
    if folder is None:
        _warn("--sample: the samples lie in a checkout of auditor, and this is none: upload a model instead")
    elif not audit_samples(store, Storage(chosen.storage), folder, limits):
        _warn("--sample: there are models here already, and the samples are not added to them")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _warn(line: str) -> None:
    sys.stderr.write(f"auditor serve: {line}\n")
    sys.stderr.flush()


def _check_installed() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("fastapi", "uvicorn", "jinja2", "prometheus_client") if find_spec(name) is None]
    if missing:
        raise UsageError(f"auditor serve needs {', '.join(missing)}: pip install 'auditor[service]'")


COMMAND = Command(
    serve,
    ("auditor serve", "auditor serve --address 0.0.0.0 --host auditor.example.com --workers 4"),
    settings=options(SERVICE, "db", "audit_timeout", "audit_memory", "config", "trusted_config", "no_config"),
)
