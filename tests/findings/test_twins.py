"""Where a finding stands, in models whose names say too little or whose nodes are very many."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.findings.fingerprint import fingerprinted
from auditor.model.load import load
from auditor.report import Found, Location

from .test_fingerprint import at_nodes, candidate, chain


def test_of_two_nodes_of_one_name_the_one_at_that_byte_is_meant(tmp_path: Path) -> None:
    """Names may stand twice; a byte of the file is one node's alone."""
    twins = chain(4)
    for node in twins.graph.node:
        if node.name in ("neg1", "neg3"):
            node.name = "twin"
    path = tmp_path / "model.onnx"
    path.write_bytes(twins.SerializeToString())
    loaded = load(path)
    offsets = [node.offset for node in loaded.graph.nodes if node.name == "twin"]
    places = [Location(node="twin", offset=offset) for offset in (*offsets, None, 0)]
    first, last, unsaid, wrong = (
        fingerprinted(loaded, [candidate("wrong-window", Found("m", place))])[0].fingerprint for place in places
    )
    assert first == unsaid == wrong != last
    plain = at_nodes(tmp_path, chain(4), "neg1", "neg3")
    assert (first, last) == (plain["neg1"], plain["neg3"])


def test_in_a_model_of_very_many_nodes_a_place_is_known_by_its_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.findings.fingerprint._MOST_NODES", 12)
    prints = at_nodes(tmp_path, chain(4), "neg1", "relu1")
    assert len(set(prints.values())) == 2  # twelve nodes: each has its place
    assert prints != at_nodes(tmp_path, chain(5), "neg1", "relu1")
    many = [at_nodes(tmp_path, chain(blocks), f"neg{at}")[f"neg{at}"] for blocks in (5, 9) for at in (1, 3)]
    others = [at_nodes(tmp_path, chain(5), f"relu{at}")[f"relu{at}"] for at in (1, 3)]
    assert len(set(many)) == len(set(others)) == 1 and many[0] != others[0]
