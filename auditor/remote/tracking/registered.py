"""The answers of a tracking server's model registry, page after page, within bounds.

https://mlflow.org/docs/latest/api_reference/rest-api.html; recorded from mlflow 3.17.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from ...names import prose
from ...tuples import NamedTuple
from ..failures import NotThere, NotUnderstood, RemoteFailure, TooMuch
from ..http import Web, WebDocument
from ..listing import FetchLimits
from .server import TrackingServer, WantedVersions

_PAGE = 1000  # what a server gives at once; more would be refused for models
_NOT_FOUND = ("RESOURCE_DOES_NOT_EXIST", "ENDPOINT_NOT_FOUND")
_ANSWERS = (200, 400, 404)  # with its own word for what is wrong


class TrackedVersion(NamedTuple):
    """A version of a registered model."""

    name: str
    version: str
    source: str
    status: str
    aliases: tuple[str, ...] = ()
    run_id: str = ""
    changed: str = ""  # when, in the server's milliseconds


class ModelRegistry:
    """Asks one server's registry."""

    def __init__(self, server: TrackingServer, web: Web, limits: FetchLimits) -> None:
        self.server, self._web, self._limits = server, web, limits

    def versions(self, wanted: WantedVersions) -> Iterator[TrackedVersion]:
        """What is wanted, by name and then by version. `NotThere` where there is no such thing."""
        if wanted.alias:
            yield self._one("registered-models/alias", wanted, alias=wanted.alias)
        elif wanted.version and wanted.version != "latest":
            yield self._one("model-versions/get", wanted, version=wanted.version)
        elif wanted.name:
            yield from self._of_model(wanted)
        else:
            aliases = {str(model.get("name")): _aliases(model) for model in self._pages("registered-models", {})}
            for said in self._pages("model-versions", {"order_by": ("name ASC", "version_number ASC")}):
                found = self._version(said)
                yield found._replace(aliases=_called(aliases.get(found.name, {}), found.version))

    def download_uri(self, version: TrackedVersion) -> str:
        """Where its artifacts lie, without ``models:`` and ``runs:``, which only name where."""
        place = version.source
        if not place or place.startswith(("models:", "runs:")):
            query = {"name": version.name, "version": version.version}
            place = _text(self._asked("model-versions/get-download-uri", query), "artifact_uri")
        if place.startswith("runs:/"):
            run, _, path = place[len("runs:/") :].partition("/")
            said = self._asked("runs/get", {"run_id": run}).get("run")
            info = said.get("info") if isinstance(said, dict) else None
            root = _text(info, "artifact_uri")
            place = f"{root.rstrip('/')}/{path}" if root else ""
        if not place or place.startswith("models:"):
            raise NotUnderstood(f"{self.server.base} does not say where {version.name} {version.version} lies")
        return place

    def set_tag(self, name: str, version: str, key: str, value: str) -> None:
        """Write a tag of a version. A `RemoteFailure` where it is not written."""
        said = {"name": name, "version": version, "key": key, "value": value}
        answer = self._web.document(
            self._url("model-versions/set-tag"), method="POST", body=json.dumps(said).encode(),
            headers={"Content-Type": "application/json"}, expect=_ANSWERS,
        )  # fmt: skip
        self._object(answer)

    def _of_model(self, wanted: WantedVersions) -> Iterator[TrackedVersion]:
        model = self._asked("registered-models/get", {"name": wanted.name}).get("registered_model")
        aliases = _aliases(model if isinstance(model, dict) else {})
        quote = '"' if "'" in wanted.name else "'"
        order = "DESC" if wanted.version else "ASC"
        query = {"filter": (f"name={quote}{wanted.name}{quote}",), "order_by": (f"version_number {order}",)}
        found = (self._version(said) for said in self._pages("model-versions", query))
        for one in found:
            if one.name == wanted.name:  # a name with a percent sign in it is a pattern to some databases
                yield one._replace(aliases=_called(aliases, one.version))
                if wanted.version:
                    return
        if wanted.version:
            raise NotThere(f"{self.server.base} has no version of {prose(wanted.name, 80)}")

    def _one(self, path: str, wanted: WantedVersions, **more: str) -> TrackedVersion:
        return self._version(self._asked(path, {"name": wanted.name, **more}).get("model_version"))

    def _version(self, said: object) -> TrackedVersion:
        found = TrackedVersion(
            _text(said, "name"),
            _text(said, "version"),
            _text(said, "source"),
            _text(said, "status"),
            aliases=tuple(sorted(_texts(said, "aliases"))),
            run_id=_text(said, "run_id"),
            changed=str(said.get("last_updated_timestamp", "")) if isinstance(said, dict) else "",
        )
        if not found.name or not (found.version.isascii() and found.version.isdecimal()):
            raise NotUnderstood(f"{self.server.base} lists a model version without a name and a number")
        return found

    def _pages(self, what: str, query: Mapping[str, str | Sequence[str]]) -> Iterator[Mapping[str, Any]]:
        token, seen, number = "", set[str](), 0
        while True:
            more = {"page_token": token} if token else {}
            said = self._asked(f"{what}/search", {**query, "max_results": str(_PAGE), **more})
            found = said.get(what.replace("-", "_"), [])
            if not isinstance(found, list):
                raise NotUnderstood(f"{self.server.base}: the registry's answer is not a list of {what}")
            for one in found:
                number += 1
                if number > self._limits.listing:
                    raise TooMuch(f"{self.server.base} lists more than {self._limits.listing:,} {what}: name one model")
                if isinstance(one, dict):
                    yield one
            token = _text(said, "next_page_token")
            if not token:
                return
            if token in seen:
                raise NotUnderstood(f"{self.server.base} gives the same page of {what} again and again")
            seen.add(token)

    def _asked(self, path: str, query: Mapping[str, str | Sequence[str]]) -> Mapping[str, Any]:
        return self._object(self._web.document(self._url(path, query), expect=_ANSWERS))

    def _url(self, path: str, query: Mapping[str, str | Sequence[str]] | None = None) -> str:
        asked = f"?{urlencode(query, doseq=True)}" if query else ""
        return f"{self.server.base}/api/2.0/mlflow/{path}{asked}"

    def _object(self, answer: WebDocument) -> Mapping[str, Any]:
        if answer.status != 200:
            raise self._refused(answer)
        said = answer.json()
        if not isinstance(said, dict):
            raise NotUnderstood(f"{answer.url} does not answer as a tracking server of MLflow does")
        return said

    def _refused(self, answer: WebDocument) -> RemoteFailure:
        """What the server says of why not: it says of an alias that there is none with 400."""
        said: object = None
        with suppress(NotUnderstood):
            said = answer.json()
        why = prose(_text(said, "message"), 200)
        if not why:
            return NotThere(f"{answer.url} is not there ({answer.status}): is {self.server.base} an MLflow server?")
        missing = _text(said, "error_code") in _NOT_FOUND or why.endswith("not found.")
        return (NotThere if missing else RemoteFailure)(f"{self.server.base}: {why}")


def _aliases(model: Mapping[str, Any]) -> dict[str, str]:
    """Versions by alias."""
    said = model.get("aliases")
    pairs = [(_text(one, "alias"), _text(one, "version")) for one in said] if isinstance(said, list) else []
    return {alias: version for alias, version in pairs if alias}


def _called(aliases: Mapping[str, str], version: str) -> tuple[str, ...]:
    return tuple(sorted(alias for alias, of in aliases.items() if of == version))


def _text(said: object, key: str) -> str:
    found = said.get(key) if isinstance(said, dict) else None
    return found if isinstance(found, str) else ""


def _texts(said: object, key: str) -> list[str]:
    found = said.get(key) if isinstance(said, dict) else None
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
