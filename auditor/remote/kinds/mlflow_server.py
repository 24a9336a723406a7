"""The model registry of an MLflow tracking server, by its REST API: ``models:/NAME/VERSION``, ``models:/NAME@ALIAS``.

https://mlflow.org/docs/latest/ml/model-registry/
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ...mlmodel import LONGEST, NAME, ModelSaid, model_said, unread
from ..deferred import OF_ONE, check_fetchable, unfetchable
from ..failures import NotThere
from ..http import Web
from ..listing import FetchLimits, FilePart, ListedFile, ListedVersion, RegistryState, RemoteKind, RemoteRow
from ..tracking.artifacts import ArtifactBytes, Artifacts, artifacts_at
from ..tracking.registered import ModelRegistry, TrackedVersion
from ..tracking.server import SCHEMES, WantedVersions, meant

CREDENTIALS = (
    "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, or ~/.mlflow/credentials"
)

_LATELY = 64  # versions whose artifacts are known


class MLflowServer(RemoteKind):
    """One server's registry, or a part of it."""

    schemes = SCHEMES
    row = RemoteRow(
        "`models:/NAME/VERSION`, `models:/NAME@ALIAS`, `models:/NAME`, `models:/`, `mlflow://HOST[:PORT]/...`",
        "`MLFLOW_TRACKING_USERNAME` and `_PASSWORD`, or `MLFLOW_TRACKING_TOKEN`, or `~/.mlflow/credentials`",
        "an MLflow tracking server's registered models: every version, or the one that is named",
        "`MLmodel`, the model that it names, its external data",
    )

    def __init__(self, address: str, limits: FetchLimits) -> None:
        super().__init__(address, limits)
        self._server, self._wanted = meant(address)
        credentials = {self._server.base: self._server.headers} if self._server.headers else {}
        self._web = Web(credentials, limits, what=f"credentials are {CREDENTIALS}")
        self._bytes = ArtifactBytes(self._web, limits)
        self._registry = ModelRegistry(self._server, self._web, limits)
        self._lately: dict[str, Artifacts] = {}  # by the version's address

    def versions(self) -> Iterator[ListedVersion]:
        for version in self._registry.versions(self._wanted):
            if version.status not in ("READY", ""):
                self.troubles.append(f"{version.name} {version.version} is {version.status}: it is not audited")
            elif (found := self._version(version)) is not None:
                yield found

    def state(self, mark: str = "") -> RegistryState:
        """Of what the registry lists of its versions; that artifacts are written over shows in a full round alone."""
        sha = hashlib.sha256()
        for version in self._registry.versions(self._wanted):
            sha.update(repr(version).encode())
        return RegistryState(sha.hexdigest())

    def beside(self, version: ListedVersion, name: str) -> ListedFile | None:
        artifacts = self._lately.get(version.address)
        if artifacts is None:
            found = next(self._registry.versions(WantedVersions(version.subject, version.version)))
            artifacts = self._opened(version.address, found)
        folder = version.model.name.rpartition("/")[0]
        return artifacts.file("/".join(filter(None, (folder, name))))

    def pieces(self, file: ListedFile, offset: int) -> Iterator[bytes]:
        check_fetchable(file)
        return self._bytes.pieces(file, offset)

    def part(self, file: ListedFile, start: int, length: int, etag: str = "") -> FilePart | None:
        check_fetchable(file)
        return self._bytes.part(file, start, length, etag)

    def _version(self, found: TrackedVersion) -> ListedVersion | None:
        """None of a model of another framework. What is wrong with this version alone is said where it is fetched."""
        address = self._server.address(found.name, found.version)
        listed = ListedVersion(
            found.name, found.version, address, ListedFile("model.onnx", address), subject=found.name,
            registry=self._server.base, metadata=_metadata(found),
        )  # fmt: skip
        try:
            artifacts = self._opened(address, found)
            config, said = self._said(artifacts)
            if said.is_another:
                return None
            model = self._model(artifacts, said.file)
        except OF_ONE as failure:
            return listed._replace(model=unfetchable("model.onnx", failure))
        return listed._replace(
            model=model,
            files=config,
            metadata={**listed.metadata, **said.metadata},
            contract=said.contract,
            troubles=said.troubles,
        )

    def _said(self, artifacts: Artifacts) -> tuple[tuple[ListedFile, ...], ModelSaid]:
        """The file that says what the model is, and what it says."""
        try:
            text = artifacts.read(NAME, LONGEST).decode()
        except NotThere:
            return (), unread(f"there is no {NAME} beside the model")
        except UnicodeDecodeError as error:
            return (), unread(f"{NAME} is not UTF-8: byte {error.start}")
        file = artifacts.file(NAME)
        return (() if file is None else (file,)), model_said(text)

    def _model(self, artifacts: Artifacts, file: str) -> ListedFile:
        folder, _, name = file.strip("/").rpartition("/")
        if artifacts.names_in(folder).get(name):  # a folder, with its external data
            file = f"{file.strip('/')}/model.onnx"
        found = artifacts.file(file)
        if found is None:
            raise NotThere(f"{file}, which {NAME} names, is not there")
        return found

    def _opened(self, address: str, found: TrackedVersion) -> Artifacts:
        artifacts = artifacts_at(self._registry.download_uri(found), self._server, self._web, self.limits)
        if len(self._lately) >= _LATELY:
            self._lately.pop(next(iter(self._lately)))
        self._lately[address] = artifacts
        return artifacts


def _metadata(found: TrackedVersion) -> dict[str, str]:
    said = {"aliases": ", ".join(found.aliases), "run_id": found.run_id, "artifact": found.source}
    return {key: value[:400] for key, value in said.items() if value}
