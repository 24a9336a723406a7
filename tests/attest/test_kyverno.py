"""docs/attest.md: the policy for Kyverno adds the init container that is tried there, and refuses what gets round it.

Without a cluster: the merge is Kubernetes' strategic one, done here by hand, and the conditions are JMESPath, whose
reference implementation evaluates them. Fields are those of https://kyverno.io/docs/policy-types/cluster-policy/.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import jmespath
import pytest
import yaml

from tests.readme import DOCS, blocks

Pod = dict[str, Any]

_, POD, POLICY = map(yaml.safe_load, blocks((DOCS / "attest.md").read_text(encoding="utf-8"), "yaml"))
ADDS, REQUIRES = POLICY["spec"]["rules"]
KEYS = {"containers": "name", "initContainers": "name", "volumes": "name", "volumeMounts": "mountPath"}
"""By which field the API merges the items of a list (patchMergeKey of PodSpec and Container); others are replaced."""


def merged(there: Any, patch: Any, key: str = "") -> Any:
    """A strategic merge; items that are new come first, as Kyverno has it from kustomize."""
    if isinstance(there, dict) and isinstance(patch, dict):
        return there | {name: merged(there.get(name), value, KEYS.get(name, "")) for name, value in patch.items()}
    if isinstance(there, list) and isinstance(patch, list) and key:
        given, new = {item[key]: item for item in there}, {item[key]: item for item in patch}
        first = [item for name, item in new.items() if name not in given]
        return first + [merged(item, new.get(name, {})) for name, item in given.items()]
    return copy.deepcopy(patch)


def admitted(pod: Pod) -> Pod:
    """The pod behind the first rule."""
    found: Pod = merged(pod, ADDS["mutate"]["patchStrategicMerge"])
    return found


def refusals(pod: Pod) -> list[str]:
    """The messages of the second rule's conditions that hold."""
    (conditions,) = REQUIRES["validate"]["deny"]["conditions"].values()
    return [c["message"] for c in conditions if _holds(c, pod)]


def _holds(condition: Pod, pod: Pod) -> bool:
    key = condition["key"]
    assert key.startswith("{{ ") and key.endswith(" }}") and condition["operator"] == "NotEquals"
    return bool(jmespath.search(key[3:-3], {"request": {"object": pod}}) != condition["value"])


def written() -> Pod:
    """The page's pod as its author writes it: with what serves, and nothing that verifies."""
    pod: Pod = copy.deepcopy(POD)
    del pod["spec"]["initContainers"], pod["spec"]["volumes"]
    return pod


def test_the_policy_has_the_fields_that_kyverno_documents() -> None:
    assert (POLICY["apiVersion"], POLICY["kind"]) == ("kyverno.io/v1", "ClusterPolicy")
    assert POLICY["metadata"]["annotations"] == {"pod-policies.kyverno.io/autogen-controllers": "none"}
    assert POLICY["spec"].keys() == {"webhookConfiguration", "rules"}
    assert POLICY["spec"]["webhookConfiguration"] == {"failurePolicy": "Fail"}
    assert ADDS.keys() == {"name", "match", "mutate"} and ADDS["mutate"].keys() == {"patchStrategicMerge"}
    assert REQUIRES.keys() == {"name", "match", "validate"}
    assert REQUIRES["validate"].keys() == {"failureAction", "message", "deny"}
    assert REQUIRES["validate"]["failureAction"] == "Enforce"
    (first,), (second,) = ADDS["match"]["any"], REQUIRES["match"]["any"]
    assert first["resources"] | {"operations": ["CREATE", "UPDATE"]} == second["resources"]
    assert first["resources"].keys() == {"kinds", "operations", "namespaceSelector"}


def test_it_makes_the_pod_of_the_page_out_of_one_that_only_serves() -> None:
    pod = admitted(written())
    assert pod == POD, "the init container whose command test_page.py runs"
    assert refusals(pod) == [] and admitted(pod) == pod
    account = {"name": "kube-api-access", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    pod["spec"]["initContainers"][0]["volumeMounts"].append(account)  # as the API server does
    pod["spec"]["volumes"].append({"name": "kube-api-access", "projected": {}})
    pod["spec"]["initContainers"].append({"name": "another", "image": "busybox"})
    assert refusals(pod) == []


def of_verify(**fields: Any) -> Callable[[Pod], None]:
    """Brings an init container of that name, with something of its own."""
    return lambda pod: pod["spec"].update(initContainers=[{"name": "verify", **fields}])


def with_volume(**volume: Any) -> Callable[[Pod], None]:
    return lambda pod: pod["spec"].setdefault("volumes", []).append(volume)


@pytest.mark.parametrize(
    "brings",
    [
        of_verify(args=["--help"]),
        of_verify(env=[{"name": "PYTHONPATH", "value": "/models"}]),
        of_verify(envFrom=[{"configMapRef": {"name": "mine"}}]),
        of_verify(workingDir="/models"),
        of_verify(restartPolicy="Always"),
        of_verify(volumeMounts=[{"name": "mine", "mountPath": "/trust/key.pub"}]),
        of_verify(volumeMounts=[{"name": "mine", "mountPath": "/usr/lib"}]),
        of_verify(volumeMounts=[{"name": "models", "mountPath": "/models", "subPath": "decoy"}]),
        of_verify(volumeMounts=[{"name": "models", "mountPath": "/models", "subPathExpr": "decoy"}]),
        with_volume(name="trust", configMap={"items": [{"key": "mine", "path": "key.pub"}]}),
        with_volume(name="again", persistentVolumeClaim={"claimName": "models"}),
    ],
)
def test_what_the_merge_leaves_of_a_pod_is_refused(brings: Callable[[Pod], None]) -> None:
    pod = written()
    brings(pod)
    assert len(refusals(admitted(pod))) == 1


@pytest.mark.parametrize(
    "patch",
    [
        {"initContainers": [{"name": "first", "image": "busybox"}]},
        {"initContainers": [{"name": "verify", "image": "mine"}]},
        {"initContainers": [{"name": "verify", "command": ["true"]}]},
        {"initContainers": [{"name": "verify", "volumeMounts": [{"mountPath": "/trust", "name": "mine"}]}]},
        {"initContainers": [{"name": "verify", "volumeMounts": [{"mountPath": "/models", "readOnly": False}]}]},
        {"volumes": [{"name": "trust", "configMap": {"name": "mine"}}]},
        {"volumes": [{"name": "models", "persistentVolumeClaim": {"claimName": "mine"}}]},
    ],
)
def test_what_another_webhook_changes_afterwards_is_refused(patch: Pod) -> None:
    assert refusals(merged(admitted(written()), {"spec": patch}))


def test_a_pod_that_was_not_changed_is_refused() -> None:
    assert refusals(written()) and refusals({"spec": {"containers": []}})
