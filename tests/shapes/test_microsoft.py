"""onnxruntime's own operators: against what its CPU makes of random nodes, or else what it infers of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from auditor.shapes.fact import Answer, Fact, ShapeError
from auditor.shapes.ops.checks import fits
from auditor.shapes.registry import operator_for
from auditor.shapes.sizes.dim import Dim, Size, TooComplex, named, substitute
from tests.shapes.asking import ask, contradiction, fact_of, tensor, values
from tests.shapes.microsoft import MAKERS
from tests.shapes.running import Case, run_all

Truth = list[Fact | None] | str

_DRAWS = 8
_OF_THIS_PROCESSOR = "not yet supported on this hardware platform"

NOT_RUN = {
    "DynamicQuantizeLSTM": "Runs in test_recurrent.py.",
    "SparseAttention": "Runs only where the past and the present are one buffer.",
    "SparseToDenseMatMul": "Takes a sparse tensor.",
    "WhisperBeamSearch": "Needs an encoder and a decoder of Whisper.",
}
"""Operators of the CPU that no single node runs here, each with the reason."""


OPEN = {
    ("BifurcationDetector", 0): "How many tokens are taken hangs on how far the two texts agree.",
    ("DecoderMaskedMultiHeadAttention", 3): "The products of queries and keys are not followed.",
    ("DynamicTimeWarping", 0): "How long the path is hangs on the costs.",
    ("MultiHeadAttention", 3): "The products of queries and keys are not followed.",
    ("Tokenizer", 0): "How many words there are hangs on the text.",
    ("Unique", 0): "How many are left hangs on what is there.",
    ("Unique", 2): "How many are left hangs on what is there.",
    ("nchwc:ReorderInput", 0): "How many channels a block has is the processor's.",
}
"""Outputs of which not every size is known though the inputs' sizes are, and their small values."""


@pytest.fixture(scope="module")
def runs() -> Mapping[str, Sequence[tuple[Case, Truth]]]:
    cases = {name: [make(random.Random(f"{name} {i}")) for i in range(_DRAWS)] for name, make in MAKERS.items()}
    truth = iter(run_all([case for drawn in cases.values() for case in drawn]))
    return {name: [(case, next(truth)) for case in drawn] for name, drawn in cases.items()}


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_what_comes_out(name: str, runs: Mapping[str, Sequence[tuple[Case, Truth]]]) -> None:
    ran = 0
    for case, truth in runs[name]:
        if isinstance(truth, str):
            continue
        ran += 1
        for known in (True, False):
            _confront(name, case, truth, known)
    refused = [truth for _, truth in runs[name] if isinstance(truth, str)]
    if not ran and all(_OF_THIS_PROCESSOR in why for why in refused):
        pytest.skip(f"onnxruntime runs {name} on other processors only: {refused[0]}")
    assert ran >= _DRAWS // 3, refused


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_what_comes_out_of_open_sizes(name: str, runs: Mapping[str, Sequence[tuple[Case, Truth]]]) -> None:
    """Sizes that are named, ranks and types that nobody knows: what is claimed holds for the sizes of the run."""
    draw = random.Random(name)
    for case, truth in runs[name]:
        if isinstance(truth, str):
            continue
        sizes: dict[str, Size] = {}
        facts = [None if a is None else _opened(fact_of(a, a.size <= 64), sizes, draw) for a in case.inputs]
        try:
            outputs = _asked(case, facts).outputs
        except TooComplex:
            continue
        _compare(case, [_bound(fact, sizes) for fact in outputs], truth)


def _opened(fact: Fact, sizes: dict[str, Size], draw: random.Random) -> Fact:
    """Less of a fact; ``sizes`` learns what the names stand for."""
    assert fact.shape is not None
    shape: list[Size | None] = []
    for size in fact.shape:
        name = f"s{size}" if draw.random() < 0.5 else f"n{len(sizes)}"
        sizes[name] = size or 0
        shape.append(draw.choice([named(name), named(name), size, None]))
    elements = fact.elements if draw.random() < 0.5 else None
    dtype = fact.dtype if draw.random() < 0.8 else None
    return Fact(dtype, tuple(shape) if draw.random() < 0.9 else None, elements)


def _bound(fact: Fact, sizes: Mapping[str, Size]) -> Fact:
    if fact.shape is None:
        return fact
    return fact._replace(shape=tuple(substitute(s, sizes) if isinstance(s, Dim) else s for s in fact.shape))


def _confront(name: str, case: Case, truth: list[Fact | None], known: bool) -> None:
    facts = [None if a is None else fact_of(a, values=known and a.size <= 64) for a in case.inputs]
    answer = _asked(case, facts)
    rule = operator_for(case.domain, case.op_type, case.opset if case.domain == "" else case.version)
    assert rule is not None
    assert answer.needs.keys() <= set(rule.inputs), case
    for parameter, need in answer.needs.items():
        at = rule.inputs.index(parameter)
        fact = facts[at] if at < len(facts) else None
        assert fact is None or fact.shape is None or fits(fact.shape, need) is not False, f"{case}: {parameter}"
    _compare(case, answer.outputs, truth)
    for output, (mine, theirs) in enumerate(zip(answer.outputs, truth, strict=False) if known else ()):
        assert theirs is None or mine.shape == theirs.shape or (name, output) in OPEN, case


def _asked(case: Case, facts: Sequence[Fact | None]) -> Answer:
    attributes = {n: tuple(v) if isinstance(v, list) else v for n, v in case.attributes.items()}
    try:
        opset = case.version if case.domain else case.opset
        return ask(case.op_type, opset, facts, attributes, len(case.outputs), case.domain)
    except ShapeError as error:
        raise AssertionError(f"{case} runs, and we say: {error}") from error


def _compare(case: Case, claimed: Sequence[Fact], truth: list[Fact | None]) -> None:
    assert len(claimed) >= len(truth), case
    for mine, theirs in zip(claimed, truth, strict=False):
        if theirs is not None:
            claim = mine if theirs.dtype is not None else mine._replace(dtype=None)
            assert (fault := contradiction([claim], [theirs])) == "", f"{case}: {fault}"


def test_what_the_cpu_runs_is_run_here() -> None:
    kernels = {
        kernel.op_name
        for kernel in runtime.get_all_opkernel_def()
        if kernel.domain == "com.microsoft" and kernel.provider == "CPUExecutionProvider"
    }
    assert kernels - MAKERS.keys() == set(NOT_RUN)


# What no shape of a run shows


def test_the_cache_of_a_decoder_grows_to_the_total_length() -> None:
    query, cache = tensor(1, 1, 64), tensor(1, 2, 8, 16)
    given = [query, tensor(1, 1, 32), tensor(1, 1, 32), cache, cache, values(9, dtype=6), values(10, dtype=6)]
    heads = {"num_heads": 4, "kv_num_heads": 2}
    answer = ask("GroupQueryAttention", 1, given, heads, 3, "com.microsoft")
    assert answer.outputs[1].shape == (1, 2, 10, 16)
    unknown = ask("GroupQueryAttention", 1, [*given[:6], tensor(1, dtype=6)], heads, 3, "com.microsoft")
    assert unknown.outputs[1].shape == (1, 2, None, 16)


def test_a_search_is_as_long_as_its_inputs_say() -> None:
    given = [tensor(3, 5, dtype=6), values(20, dtype=6), None, values(4, dtype=6), values(2, dtype=6)]
    answer = ask("BeamSearch", 1, given, {}, 2, "com.microsoft")
    assert [fact.shape for fact in answer.outputs[:2]] == [(3, 2, 20), (3, 2)]


def test_open_sizes_stay_open() -> None:
    batch = named("batch")
    length = named("length")
    answer = ask(
        "Attention",
        1,
        [tensor(batch, length, 8), tensor(8, 24), tensor(24), None, tensor(2, batch, 2, 3, 4)],
        {"num_heads": 2},
        2,
        "com.microsoft",
    )
    assert answer.outputs[0].shape == (batch, length, 8)
    assert answer.outputs[1].shape == (2, batch, 2, length + 3, 4)


@pytest.mark.parametrize(
    ("name", "inputs", "attributes", "macs"),
    [
        # 2 x 3 tokens by 8 features into 24, then 2 heads of 4 over 3 keys, twice
        ("Attention", [(2, 3, 8), (8, 24), (24,)], {"num_heads": 2}, 2 * 3 * 8 * 24 + 2 * 2 * 3 * 3 * 4 * 2),
        ("MultiHeadAttention", [(2, 3, 8), (2, 5, 8), (2, 5, 16)], {"num_heads": 2}, 2 * 2 * 3 * 5 * (4 + 8)),
        ("MatMulNBits", [(2, 3, 32), (7, 1, 16), (7, 1)], {"K": 32, "N": 7, "block_size": 32}, 2 * 3 * 32 * 7),
        # 6 tokens of 32 features, into 12 of the query, 5 of the key and 5 of the value
        ("MatMulNBitsQkv", [(2, 3, 32)], {"K": 32, "Nq": 12, "Nkv": 5}, 6 * 32 * (12 + 5 + 5)),
        ("FusedMatMul", [(5, 3), (5, 7)], {"transA": 1}, 3 * 5 * 7),
        ("FusedConv", [(1, 3, 8, 8), (4, 3, 3, 3)], {}, 4 * 6 * 6 * 3 * 9),
        ("NhwcConv", [(1, 8, 8, 3), (4, 3, 3, 3)], {}, 4 * 6 * 6 * 3 * 9),
        # 6 tokens, each through two experts of 8 x 16 and 16 x 8
        ("MoE", [(2, 3, 8), (6, 4), (4, 16, 8), None, (4, 8, 16)], {"k": 2}, 6 * 2 * (8 * 16 + 16 * 8)),
    ],
)
def test_macs(name: str, inputs: list[tuple[int, ...] | None], attributes: dict[str, int], macs: int) -> None:
    facts = [None if sizes is None else tensor(*sizes) for sizes in inputs]
    assert ask(name, 1, facts, attributes, 1, "com.microsoft").macs == macs


@pytest.mark.parametrize(
    ("name", "inputs", "attributes", "parameter"),
    [
        ("MatMulNBits", [(2, 32), (7, 2, 16), (7, 1)], {"K": 32, "N": 7, "block_size": 32}, "b"),
        ("MatMulNBits", [(2, 32), (7, 1, 16), (7, 2)], {"K": 32, "N": 7, "block_size": 32}, "scales"),
        # 8 bits: each weight is a byte
        ("MatMulNBits", [(2, 32), (7, 1, 16), (7, 1)], {"K": 32, "N": 7, "bits": 8, "block_size": 32}, "b"),
        ("MatMulBlockQuantizedFp8Weight", [(2, 32), (7, 16), (1, 1)], {}, "b"),
        ("GroupNorm", [(2, 8), (4,), (8,)], {"groups": 2}, "gamma"),
        ("GroupNorm", [(2, 5, 5, 8), (8,), (5,)], {"groups": 2}, "beta"),
        ("MultiHeadAttention", [(1, 2, 8), (1, 3, 8), (1, 3, 8), (20,)], {"num_heads": 2}, "bias"),
        ("SkipLayerNormalization", [(1, 2, 8), (1, 2, 8), (4,)], {}, "gamma"),
        ("Attention", [(1, 2, 8), (6, 24), (24,)], {"num_heads": 2}, "weights"),
        ("FusedMatMul", [(3, 5), (7, 4)], {"transB": 1}, "b"),
        ("BiasGelu", [(1, 2, 8), (4,)], {}, "b"),
    ],
)
def test_what_does_not_fit(
    name: str, inputs: list[tuple[int, ...]], attributes: dict[str, int], parameter: str
) -> None:
    facts = [tensor(*sizes) for sizes in inputs]
    rule = operator_for("com.microsoft", name, 1)
    assert rule is not None
    needs = ask(name, 1, facts, attributes, 1, "com.microsoft").needs
    wrong = {
        n
        for n, need in needs.items()
        if (f := dict(zip(rule.inputs, facts, strict=False)).get(n)) and fits(f.shape or (), need) is False
    }
    assert wrong == {parameter}


@pytest.mark.parametrize(
    ("name", "inputs", "attributes"),
    [
        ("MatMulNBits", [(2, 32), (7, 1, 32), (7, 1)], {"K": 32, "N": 7, "bits": 8, "block_size": 32}),
        ("MatMulBlockQuantizedFp8Weight", [(2, 32), (7, 32), (1, 1)], {}),
        ("MatMulBlockQuantizedFp4Weight", [(2, 32), (7, 16), (7, 2), ()], {}),  # two in a byte
        ("GroupNorm", [(2, 8), (8,), (8,)], {"groups": 2}),
    ],
)
def test_what_fits(name: str, inputs: list[tuple[int, ...]], attributes: dict[str, int]) -> None:
    facts = [tensor(*sizes) for sizes in inputs]
    rule = operator_for("com.microsoft", name, 1)
    assert rule is not None
    needs = ask(name, 1, facts, attributes, 1, "com.microsoft").needs
    for parameter, fact in zip(rule.inputs, facts, strict=False):
        need = needs.get(parameter)
        assert need is None or fits(fact.shape or (), need) is not False, parameter


def test_a_mean_and_a_deviation_for_each_row() -> None:
    """What onnxruntime 1.32 gives for rows of four: [2, 3, 1] twice."""
    inputs = [tensor(2, 3, 4), tensor(2, 3, 4), tensor(4)]
    outputs = ask("SkipLayerNormalization", 1, inputs, outputs=4, domain="com.microsoft").outputs
    assert [fact.shape for fact in outputs] == [(2, 3, 4), (2, 3, 1), (2, 3, 1), (2, 3, 4)]


def test_blocks_are_brought_back_to_the_channels_that_are_said() -> None:
    """Of 16 in blocks any may be padding, so without a number nobody knows how many are left."""
    for said, left in (({}, None), ({"channels": 0}, None), ({"channels": 1}, 1), ({"channels": 12}, 12)):
        answer = ask("ReorderOutput", 1, [tensor(2, 16, 5, 6)], said, domain="com.microsoft.nchwc")
        assert [fact.shape for fact in answer.outputs] == [(2, left, 5, 6)]
