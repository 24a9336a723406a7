"""ai.onnx's transformer family: against onnxruntime's CPU where it has it, else ONNX's node tests."""

from __future__ import annotations

import random
from typing import Any

import pytest

from auditor.model.load import loads
from auditor.shapes.fact import Fact, ShapeError
from auditor.shapes.facts import infer
from auditor.shapes.sizes.dim import named
from tests.corpus import dtype_number, node_tests
from tests.shapes.asking import ask, contradiction, fact_of, misfits, tensor
from tests.shapes.microsoft.making import floats, ints, maybe, trimmed
from tests.shapes.running import Case, run_all


def _attention(r: random.Random, opset: int) -> Case:
    batch, length, keys, size, v_size = (
        r.randint(1, 3),
        r.randint(1, 4),
        r.randint(1, 5),
        r.choice([4, 8]),
        r.choice([4, 8]),
    )
    shared = r.randint(1, 2)
    heads, before = shared * r.randint(1, 3), r.randint(0, 3)
    attributes: dict[str, Any] = {"softcap": r.choice([0.0, 2.0]), "is_causal": r.randint(0, 1)}
    if r.random() < 0.5:
        attributes |= {"q_num_heads": heads, "kv_num_heads": shared}
        q, k = floats(batch, length, heads * size), floats(batch, keys, shared * size)
        v = floats(batch, keys, shared * v_size)
    else:
        q, k = floats(batch, heads, length, size), floats(batch, shared, keys, size)
        v = floats(batch, shared, keys, v_size)
    past = r.random() < 0.5
    total = keys + (before if past else 0)
    mask = maybe(r, floats(*r.choice([(length, total), (1, length, total), (batch, heads, length, total)])))
    caches = (floats(batch, shared, before, size), floats(batch, shared, before, v_size)) if past else (None, None)
    outputs: tuple[bool, ...] = (True, True, True) if past or r.random() < 0.3 else (True,)
    if len(outputs) == 3 and r.random() < 0.5:
        outputs = (True, True, True, True)
        attributes["qk_matmul_output_mode"] = r.randint(0, 3)
    return Case("Attention", trimmed(q, k, v, mask, *caches), attributes, outputs, "", opset)


def _rotary(r: random.Random, opset: int) -> Case:
    batch, length, heads, size = r.randint(1, 2), r.randint(1, 4), r.randint(1, 3), 8
    flat = r.random() < 0.5
    x = floats(batch, length, heads * size) if flat else floats(batch, heads, length, size)
    positions = maybe(r, ints(9, batch, length).astype("int64"))
    cache = floats(batch, length, size // 2) if positions is None else floats(9, size // 2)
    return Case(
        "RotaryEmbedding", trimmed(x, cache, cache, positions), {"num_heads": heads} if flat else {}, (True,), "", opset
    )


@pytest.mark.parametrize("opset", [23, 24])
@pytest.mark.parametrize("make", [_attention, _rotary])
def test_what_comes_out(make: Any, opset: int) -> None:
    cases = [make(random.Random(f"{opset} {n}"), opset) for n in range(60)]
    ran = 0
    for case, truth in zip(cases, run_all(cases), strict=True):
        if isinstance(truth, str):
            continue
        ran += 1
        facts = [None if a is None else fact_of(a) for a in case.inputs]
        answer = ask(case.op_type, opset, facts, case.attributes, len(case.outputs))
        found = [fact for fact in truth if fact is not None]
        assert (fault := contradiction(answer.outputs, found)) == "", f"{case}: {fault}"
        assert not misfits(case.op_type, opset, facts, case.attributes), str(case)
        assert all(fact.shape is not None and None not in fact.shape for fact in answer.outputs[: len(found)])
    assert ran >= 40


@pytest.mark.parametrize(
    "family",
    ["attention", "rotary_embedding", "linear_attention", "causal_conv_with_state", "swiglu", "flexattention"],
)
def test_node_tests(family: str) -> None:
    """Every output is known, and is what ONNX stores of it."""
    seen = 0
    for case in node_tests():
        if not case.name.startswith(f"test_{family}") or case.name.endswith("_expanded"):
            continue
        seen += 1
        facts = infer(loads(case.model.SerializeToString()))
        assert not facts.troubles, case.name
        for value, array in zip(case.model.graph.output, case.outputs, strict=True):
            assert array is not None
            fact = facts[value.name]
            assert (fact.dtype, fact.shape) == (dtype_number(array), array.shape), case.name
    assert seen


def test_the_cache_grows_by_what_comes_in() -> None:
    batch, past = named("batch"), named("past")
    query = tensor(batch, 8, 1, 64)
    key, cache = tensor(batch, 2, 1, 64), tensor(batch, 2, past, 64)
    answer = ask("Attention", 23, [query, key, key, None, cache, cache], {}, 4)
    assert answer.outputs[1].shape == (batch, 2, past + 1, 64)
    assert answer.outputs[3].shape == (batch, 8, 1, past + 1)


def test_macs_are_of_both_products() -> None:
    query, key, value = tensor(2, 4, 3, 8), tensor(2, 2, 5, 8), tensor(2, 2, 5, 16)
    assert ask("Attention", 23, [query, key, value]).macs == 2 * 4 * 3 * 5 * 8 + 2 * 4 * 3 * 5 * 16


@pytest.mark.parametrize(
    ("inputs", "attributes"),
    [
        ([(2, 4, 3, 8), (3, 4, 5, 8), (3, 4, 5, 8)], {}),  # "batch_size" of all three
        ([(2, 4, 3, 8), (2, 4, 5, 4), (2, 4, 5, 4)], {}),  # "head_size" of Q and K
        ([(2, 4, 3, 8), (2, 4, 5, 8), (2, 4, 6, 8)], {}),  # "kv_sequence_length" of K and V
        ([(2, 4, 3, 8), (2, 3, 5, 8), (2, 3, 5, 8)], {}),  # "q_num_heads is a multiple of kv_num_heads"
        ([(2, 3, 30), (2, 3, 32), (2, 3, 32)], {"q_num_heads": 4, "kv_num_heads": 4}),  # "q_num_heads * head_size"
    ],
)
def test_what_cannot_run(inputs: list[tuple[int, ...]], attributes: dict[str, int]) -> None:
    facts: list[Fact | None] = [tensor(*sizes) for sizes in inputs]
    with pytest.raises(ShapeError):
        ask("Attention", 23, facts, attributes)
    arrays = [floats(*sizes) for sizes in inputs]
    (refused,) = run_all([Case("Attention", arrays, attributes, domain="", opset=23)])
    assert isinstance(refused, str)
