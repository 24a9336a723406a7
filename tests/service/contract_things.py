"""What is really there while the API is asked for what its description promises: ids, contents and models.

schemathesis makes what a schema allows, and no schema says which models are there. So most of its valid requests are
aimed: the id becomes one that is there, the content one that was sent. What a request takes away is made for it first,
and what is needed again is never taken away.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.pace import HANG

Answer = tuple[int, Mapping[str, str], bytes]
Ask = Callable[[str, str, bytes, Mapping[str, str]], Answer]
"""Method, address, body and headers to status, headers in small letters, and body."""

JSON, RAW, PIECE = "application/json", "application/octet-stream", "application/offset+octet-stream"

POLICIES = ("", 'fail-on = "error"\n', 'fail-on = "warning"\n', "run = false\n")

OPTIONS: tuple[dict[str, Any], ...] = ({"run": False}, {"run": False, "seed": 3}, {"run": False, "dims": {"N": 2}})


class Version(NamedTuple):
    """A registered version."""

    model_id: str
    name: str
    id: str
    version: str


def small_model(seed: int = 0) -> bytes:
    """A model that passes; another one for each seed."""
    weight = np.random.default_rng(seed).normal(size=(4, 3)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w"], ["y"], name="head", transB=1)], f"model_{seed}",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])], [numpy_helper.from_array(weight, "w")],
    )  # fmt: skip
    made = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    return bytes(made.SerializeToString())


class Things:
    """What is there, and what is made when a request needs it."""

    def __init__(self, ask: Ask, own_token: str, seed: int) -> None:
        self._ask, self._own, self.chance = ask, own_token, random.Random(seed)
        self._number = 0
        self.asked = 0  # requests that are not schemathesis'
        self.content = small_model()
        self.sha256 = hashlib.sha256(self.content).hexdigest()
        self.versions = [self.new_version(f"kept/{i % 3}", str(i)) for i in range(6)]
        self.passing = self.new_version("kept/passing")  # it is audited as configured, and never with options
        self.audits = [self.new_audit(self.passing, {}), *(self.new_audit(one, OPTIONS[0]) for one in self.versions)]
        self.kept = {one.model_id for one in (self.passing, *self.versions)} | {own_token} | set(self.audits)
        self.webhook = self._made("/webhooks", {"url": "https://hooks.invalid/kept"})["id"]
        self.kept.add(self.webhook)
        self._hooks: list[str] = []

    def next(self) -> int:
        """A number that was not there before."""
        self._number += 1
        return self._number

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = JSON, **headers: str) -> Answer:
        """What is answered, 2xx or not."""
        self.asked += 1
        said = {name.replace("_", "-"): text for name, text in headers.items()}
        return self._ask(method, f"/api/v1{path}", body, {"Content-Type": kind, **said})

    def _made(self, path: str, document: object) -> Any:
        status, _, body = self.ask("POST", path, json.dumps(document).encode())
        assert 200 <= status < 300, (path, status, body)
        return json.loads(body)

    def new_version(self, name: str = "", version: str = "1", content: bytes | None = None) -> Version:
        """A version of the small model, or of other bytes."""
        name = name or f"spare/{self.next()}"
        address = f"/models?name={name}&version={version}"
        status, _, body = self.ask("POST", address, self.content if content is None else content, RAW)
        assert status in (200, 201), (status, body)
        said = json.loads(body)
        return Version(said["model"]["id"], said["model"]["name"], said["id"], said["version"])

    def new_audit(self, version: Version, options: object) -> str:
        """An audit that was asked for; its id."""
        return str(self._made("/audits", {"version_id": version.id, "options": options})["id"])

    def waiting_audit(self) -> str:
        """An audit of what nobody has audited yet: it is still to be done, or is just being done."""
        return self.new_audit(self.new_version(content=small_model(self.next())), OPTIONS[0])

    def new_upload(self, content: bytes) -> str:
        """An upload that has begun."""
        sha256 = hashlib.sha256(content).hexdigest()
        return str(self._made("/uploads", {"size": len(content), "sha256": sha256})["id"])

    def new_token(self) -> str:
        """A token that nobody needs; its id."""
        return str(self._made("/tokens", {"owner": "spare", "scopes": ["read"]})["id"])

    def new_webhook(self) -> str:
        """A webhook that nobody needs; its id."""
        made = str(self._made("/webhooks", {"url": f"https://hooks.invalid/{self.next()}"})["id"])
        self._hooks.append(made)
        return made

    def few_webhooks(self) -> None:
        """A project has no more than some: the oldest go. A chain of requests may still be at the newest ones."""
        found = json.loads(self.ask("GET", "/webhooks?limit=200")[2])["items"]
        for one in found[:-8] if len(found) > 12 else []:
            if one["id"] != self.webhook:
                self.ask("DELETE", f"/webhooks/{one['id']}")

    def new_badge(self, model_id: str) -> str:
        """The address of a model's badge, without what is around it."""
        address = str(self._made(f"/models/{model_id}/badge", {})["badge"])
        return address.removeprefix("/api/v1/badges/").removesuffix(".svg")

    def calm(self) -> None:
        """The policy is one under which the small model passes."""
        assert self.ask("PUT", "/policy", json.dumps({"text": ""}).encode())[0] == 200

    def wait(self) -> None:
        """Until the audits that are kept are done."""
        end = time.monotonic() + HANG
        for audit in self.audits:
            while json.loads(self.ask("GET", f"/audits/{audit}")[2])["state"] in ("queued", "running"):
                assert time.monotonic() < end, "the audits are not done"
                time.sleep(0.1)

    def any_version(self) -> Version:
        return self.chance.choice(self.versions)
