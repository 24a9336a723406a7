"""A tracking server of MLflow that answers as mlflow 3.17 did (recorded), with what tests want to go wrong."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from .loopback import Call, Loopback, Reply, part_of, serving

_API = "/api/2.0/mlflow/"
_ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"

MLMODEL = """artifact_path: model
flavors:
  onnx:
    data: {data}
    onnx_version: 1.23.2
run_id: 8fc18bd077f24a73814018dbd555ae4e
signature:
  inputs: '[{{"type": "tensor", "name": "x", "tensor-spec": {{"dtype": "float32", "shape": [-1, 4]}}}}]'
"""


@dataclass
class Tracking:
    """What the server has. ``wants``: the Authorization header of whoever may ask."""

    versions: list[dict[str, Any]] = field(default_factory=list)
    aliases: dict[tuple[str, str], str] = field(default_factory=dict)  # of a model: an alias, and its version
    artifacts: dict[str, bytes] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)  # that are said instead of the real ones
    cuts: list[int] = field(default_factory=list)  # after how many bytes the next downloads end
    wants: str = ""
    tags: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def put(self, name: str, version: int, files: dict[str, bytes], *, source: str = "", status: str = "READY") -> None:
        root = f"0/{name}-{version}/artifacts"
        self.artifacts |= {f"{root}/{file}": content for file, content in files.items()}
        said = {"name": name, "version": str(version), "source": source or f"mlflow-artifacts:/{root}"}
        said |= {"status": status, "run_id": "8fc18bd077f24a73814018dbd555ae4e", "current_stage": "None"}
        self.versions.append({**said, "last_updated_timestamp": 1796009590369 + version})

    def answer(self, call: Call) -> Reply:
        if self.wants and call.headers.get("authorization") != self.wants:
            return Reply(401, b"You are not authenticated.", {"WWW-Authenticate": 'Basic realm="mlflow"'})
        if call.path.startswith(_ARTIFACTS):
            return self._artifact(call)
        if not call.path.startswith(_API):
            return Reply(404, b"Not Found")
        return self._api(call.path.removeprefix(_API), call)

    def _api(self, path: str, call: Call) -> Reply:
        name, version = call.one("name"), call.one("version")
        match path:
            case "registered-models/search":
                models = [
                    {"name": name, **self._aliases_of(name)} for name in sorted({v["name"] for v in self.versions})
                ]
                return self._page("registered_models", models, call)
            case "registered-models/get":
                if all(v["name"] != name for v in self.versions):
                    return _missing(f"Registered Model with name={name} not found")
                return _json({"registered_model": {"name": name, **self._aliases_of(name)}})
            case "registered-models/alias":
                version = self.aliases.get((name, call.one("alias")), "")
                if not version:  # as 3.17 says it
                    return _wrong(
                        400, "INVALID_PARAMETER_VALUE", f"Registered model alias {call.one('alias')} not found."
                    )
                return self._one(name, version)
            case "model-versions/search":
                return self._search(call)
            case "model-versions/get":
                return self._one(name, version)
            case "model-versions/get-download-uri":
                found = next(v for v in self.versions if (v["name"], v["version"]) == (name, version))
                return _json({"artifact_uri": found.get("storage_location", found["source"])})
            case "runs/get":
                uri = f"mlflow-artifacts:/0/{call.one('run_id')}/artifacts"
                return _json({"run": {"info": {"run_id": call.one("run_id"), "artifact_uri": uri}, "data": {}}})
            case "model-versions/set-tag":
                said = json.loads(call.body)
                key = (said["name"], said["version"])
                if all((v["name"], v["version"]) != key for v in self.versions):
                    return _missing(f"Model Version (name={key[0]}, version={key[1]}) not found")
                self.tags.setdefault(key, {})[said["key"]] = said["value"]
                return _json({})
        return _wrong(404, "ENDPOINT_NOT_FOUND", "no such endpoint")

    def _search(self, call: Call) -> Reply:
        found = self.versions
        if asked := call.one("filter"):
            wanted = asked.removeprefix("name=")[1:-1]
            found = [v for v in found if v["name"] == wanted]
        order = call.query.get("order_by", [])
        down = any("DESC" in one for one in order)
        found = sorted(found, key=lambda v: (v["name"], int(v["version"])), reverse=down)
        return self._page("model_versions", found, call)

    def _page(self, key: str, found: list[dict[str, Any]], call: Call) -> Reply:
        start = int(json.loads(base64.b64decode(call.one("page_token")))["offset"]) if call.one("page_token") else 0
        end = start + int(call.one("max_results"))
        said: dict[str, Any] = {key: found[start:end]} if found[start:end] else {}
        if end < len(found):
            said["next_page_token"] = base64.b64encode(json.dumps({"offset": end}).encode()).decode()
        return _json(said)

    def _one(self, name: str, version: str) -> Reply:
        for found in self.versions:
            if (found["name"], found["version"]) == (name, version):
                aliases = [alias for (model, alias), of in self.aliases.items() if (model, of) == (name, version)]
                return _json({"model_version": {**found, **({"aliases": aliases} if aliases else {})}})
        return _missing(f"Model Version (name={name}, version={version}) not found")

    def _aliases_of(self, name: str) -> dict[str, Any]:
        found = [{"alias": alias, "version": of} for (model, alias), of in self.aliases.items() if model == name]
        return {"aliases": found} if found else {}

    def _artifact(self, call: Call) -> Reply:
        if "path" in call.query:
            top = f"{call.one('path')}/"
            below = [name.removeprefix(top) for name in self.artifacts if name.startswith(top)]
            folders = sorted({name.partition("/")[0] for name in below if "/" in name})
            files: list[dict[str, Any]] = [{"path": name, "is_dir": True} for name in folders]
            for name in sorted(name for name in below if "/" not in name):
                size = self.sizes.get(top + name, len(self.artifacts[top + name]))
                files.append({"path": name, "is_dir": False, "file_size": size})
            return _json({"files": files} if files else {})
        name = unquote(call.path.removeprefix(f"{_ARTIFACTS}/"))
        if name not in self.artifacts:
            return _missing(f"No such artifact: '{name}'")
        content = self.artifacts[name]
        cut = self.cuts.pop(0) if self.cuts and call.headers.get("range") != "bytes=0-0" else None
        return part_of(content, call, f'"{abs(hash(content)):x}"', cut)


@contextmanager
def tracking(has: Tracking) -> Iterator[Loopback]:
    with serving(has.answer) as server:
        yield server


def _json(said: object) -> Reply:
    return Reply(200, json.dumps(said).encode(), {"Content-Type": "application/json"})


def _missing(message: str) -> Reply:
    return _wrong(404, "RESOURCE_DOES_NOT_EXIST", message)


def _wrong(status: int, code: str, message: str) -> Reply:
    said = {"error_code": code, "message": message, "sqlstate": "KAM00"}
    return Reply(status, json.dumps(said).encode(), {"Content-Type": "application/json"})
