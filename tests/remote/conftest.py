"""Servers that stand in for the real ones, and nothing of the user's: no credentials, no cache, no waiting."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from auditor.remote import filling, http
from auditor.remote.http import Web
from auditor.remote.listing import FetchLimits
from tests import forked

from .stand_in import Shelf, serving

LIMITS = FetchLimits(size=1 << 30, seconds=600.0, floor=0, listing=100_000)
_CREDENTIALS = (
    "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_ENDPOINT", "AWS_PROFILE", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "NETRC",
    *(name for proxy in ("http", "https", "all", "no") for name in (f"{proxy}_proxy", f"{proxy.upper()}_PROXY")),
)  # fmt: skip


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The user's folders are empty; how long somebody would have waited is kept."""
    for name in _CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("HF_HOME", str(home / "hf"))
    monkeypatch.setenv("AUDITOR_DB", str(tmp_path / "reports.db"))
    monkeypatch.setenv("AUDITOR_CACHE", str(tmp_path / "cache"))
    pauses: list[float] = []
    for module in (filling, http):
        monkeypatch.setattr(module, "time", SimpleNamespace(sleep=pauses.append, monotonic=time.monotonic))
    return pauses


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    found = Shelf()
    with serving(found):
        yield found


@pytest.fixture
def other() -> Iterator[Shelf]:
    """A server of another origin."""
    found = Shelf()
    with serving(found):
        yield found


@pytest.fixture
def web() -> Callable[..., Web]:
    """Asks with credentials."""

    def made(credentials: Mapping[str, Mapping[str, str]] | None = None, limits: FetchLimits = LIMITS) -> Web:
        return Web(credentials or {}, limits, what="TOKEN says who asks")

    return made


@pytest.fixture
def auditor(tmp_path: Path) -> Callable[..., forked.Ended]:
    """Runs a command line in a process of its own: this one has the threads of its servers."""

    def call(*arguments: str, **environment: str) -> forked.Ended:
        return forked.call(*arguments, cwd=tmp_path, env=environment)

    return call
