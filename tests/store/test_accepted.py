"""Versions that somebody answers for, and the names that models keep across versions."""

from __future__ import annotations

import pytest

from auditor.errors import StoreError
from auditor.store.store import Store
from auditor.store.works import Piece, Works

from .reports import document, finish


def test_the_version_accepted_last_counts(where: str) -> None:
    with Store.open(where) as store:
        first = store.save(document(findings=0), "/r/resnet/1/model.onnx", subject="resnet", version="1")
        second = store.save(document(findings=1), "/r/resnet/2/model.onnx", subject="resnet", version="2")
        assert store.accepted("resnet") is None
        store.accept("resnet", second, reason="measured on the test set", by="Ada")
        store.accept("resnet", first, reason="back again: 2 is slow", by="Grace\0")
        store.accept("vgg", second, reason="another model", by="Ada")
        accepted = store.accepted("resnet")
        assert accepted is not None
        assert accepted[:1] + accepted[2:] == (first, "back again: 2 is slow", "Grace\\x00", document(findings=0))
        assert accepted.when.startswith("20") and accepted.when.endswith("+00:00")
        assert [(row.id, row.version, row.accepted is None) for row in store.history("resnet")] == [
            (second, "2", False), (first, "1", False),
        ]  # fmt: skip


@pytest.mark.parametrize("audit_id", [0, -1, 2, 1 << 70])
def test_only_what_is_stored_can_be_accepted(where: str, audit_id: int) -> None:
    with Store.open(where) as store:
        store.save(document())
        with pytest.raises(StoreError, match=rf"no report {audit_id} is stored in .*: nothing was accepted"):
            store.accept("m", audit_id, reason="", by="")
        assert store.accepted("m") is None


def test_a_file_keeps_the_name_that_its_registry_gave_it(where: str) -> None:
    """A `check` of the same file knows no registry."""
    with Store.open(where) as store:
        store.save(document("/r/resnet/1/model.onnx"), subject="resnet", version="1")
        store.save(document("/r/resnet/1/model.onnx"))
        store.save(document("/elsewhere.onnx"))
        assert [(row.subject, row.version) for row in store.history("resnet")] == [("resnet", "1")] * 2
        assert store.subject("/r/resnet/1/model.onnx") == store.subject("resnet") == "resnet"
        assert store.subject("/elsewhere.onnx") == store.history("/elsewhere.onnx")[0].subject == "/elsewhere.onnx"
        assert store.subject("/never.onnx") == "/never.onnx"


def test_a_batch_names_models_and_versions(where: str) -> None:
    with Works.open(where) as store:
        finish(store, document(findings=3), "/r/a/1/model.onnx", "k" * 64, subject="a", version="1")
        assert [(row.subject, row.version) for row in store.history("a")] == [("a", "1")]
        assert store.latest("a") == store.latest("/r/a/1/model.onnx") == document(findings=3)
        assert store.latest("b") is None


def test_work_that_is_done_again_leaves_an_accepted_report(where: str) -> None:
    with Works.open(where) as store:
        piece = Piece(document(findings=1), "/a.onnx", None, again="k" * 64, whole=False)
        ((first, _),) = store.finish_all([piece])
        store.accept("a", first, reason="", by="")
        ((second, _),) = store.finish_all([piece._replace(document=document(findings=2))])
        ((third, _),) = store.finish_all([piece._replace(document=document(findings=3))])
        assert [row.id for row in store.history("/a.onnx")] == [third, first]
        assert store.get(second) is None


def test_models_that_fail_a_rule(where: str) -> None:
    with Store.open(where) as store:
        for path, findings in (("/a.onnx", 2), ("/b.onnx", 1), ("/c.onnx", 2), ("/c.onnx", 0)):
            store.save(document(path, findings))
        assert store.failing("rule-0") == ["/a.onnx", "/b.onnx"]
        assert store.failing("rule-1") == ["/a.onnx"]
        assert store.failing("rule-2") == []
