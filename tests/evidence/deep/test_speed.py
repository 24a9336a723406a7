"""What is asked of the child for the part speed: batches that the shapes allow, and waists of the graph."""

from __future__ import annotations

import onnx.parser

from auditor.evidence.deep.speed import batches_of
from auditor.evidence.deep.waists import waists
from auditor.model.load import loads
from auditor.runtime.request import Feed
from auditor.shapes.facts import Facts, infer

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def facts_of(text: str) -> Facts:
    return infer(loads(onnx.parser.parse_model(HEAD + text).SerializeToString()))


def test_a_batch_that_is_open_is_tried_at_one_two_four_and_eight() -> None:
    facts = facts_of("g (float[N, 4] x, float[N] w, float[4] b) => (float[N, 4] y) { y = Add(x, b) }")
    feeds = (Feed("x", 1, (2, 4)), Feed("w", 1, (2,)), Feed("b", 1, (4,)))
    name, batches, most = batches_of(facts, feeds)
    assert (name, list(batches)) == ("N", [2, 1, 4, 8])
    assert [[feed.shape for feed in of_it] for of_it in batches.values()] == [
        [(n, 4), (n,), (4,)] for n in (2, 1, 4, 8)
    ]
    assert most is not None and most >= 8 * 4 * 4 * 2  # x and y, four bytes each


def test_sizes_that_cannot_be_are_not_tried() -> None:
    """Reshape to [2, -1] of N * 3 elements wants an even N."""
    facts = facts_of(
        "g (float[N, 3] x) => (float[a, b] y) { s = Constant<value = int64[2] {2, -1}>() y = Reshape(x, s) }"
    )
    assert list(batches_of(facts, (Feed("x", 1, (2, 3)),))[1]) == [2, 4, 8]


def test_a_size_that_is_bound_or_comes_from_a_file_has_no_batches() -> None:
    bound = facts_of("g (float[2, 4] x) => (float[2, 4] y) { y = Relu(x) }")
    assert batches_of(bound, (Feed("x", 1, (2, 4)),))[:2] == ("", {0: (Feed("x", 1, (2, 4)),)})
    is_open = facts_of("g (float[N, 4] x) => (float[N, 4] y) { y = Relu(x) }")
    filed = (Feed("x", 1, (2, 4), "inputs.npz", "x"),)
    assert list(batches_of(is_open, filed)[1].values()) == [filed]
    given = (Feed("x", 1, file="inputs.npz", key="x"),)  # as --inputs makes it: the child reads its sizes
    assert batches_of(is_open, given) == ("", {0: given}, None)


def test_waists_are_where_nothing_goes_by() -> None:
    """Two branches of three nodes between chains: no tensor of a branch is one."""
    chain = "".join(f"c{i} = Neg(c{i - 1}) " for i in range(1, 8))
    branches = "l1 = Abs(c7) r1 = Exp(c7) l2 = Abs(l1) r2 = Exp(r1) m = Add(l2, r2) "
    tail = "".join(f"d{i} = Neg({'m' if i == 1 else f'd{i - 1}'}) " for i in range(1, 8))
    text = f"g (float[4] c0) => (float[4] y) {{ {chain}{branches}{tail} y = Abs(d7) }}"
    facts = facts_of(text)
    found = waists(facts.model, facts)
    assert 2 <= len(found) <= 5 and set(found) <= {
        *(f"c{i}" for i in range(1, 8)),
        "m",
        *(f"d{i}" for i in range(1, 8)),
    }
    assert list(found) == sorted(found, key=text.index)
    small = facts_of("g (float[4] x) => (float[4] y) { a = Neg(x) y = Abs(a) }")
    assert waists(small.model, small) == ()
    past = facts_of(text.replace("y = Abs(d7)", "y = Add(d7, c0)"))
    assert waists(past.model, past) == (), "the input goes by all along"
