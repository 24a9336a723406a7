"""Sizes for what a model leaves open: those on which it can run, by our own shapes, and onnxruntime agrees."""

from __future__ import annotations

from itertools import count as count_from
from itertools import islice, takewhile
from math import inf
from types import SimpleNamespace

import numpy as np
import onnx
import onnx.parser
import onnxruntime
import pytest
from onnx import numpy_helper

from auditor.evidence import sizes
from auditor.evidence.sizes import Chosen, choose, impossible, others
from auditor.model.load import loads
from auditor.runtime.inputs import invent
from auditor.shapes.facts import Facts, infer

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def made(text: str, **weights: tuple[int, ...]) -> bytes:
    model = onnx.parser.parse_model(HEAD + text)
    for name, shape in weights.items():
        model.graph.initializer.append(numpy_helper.from_array(np.full(shape, 0.01, np.float32), name))
    data: bytes = model.SerializeToString()
    return data


MODELS = {
    "an STFT as a convolution": made(
        """audio (float[batch, samples] x) => (float[batch, 8, frames] y) <int64[1] one = {1}> {
        u = Unsqueeze (x, one) y = Conv <strides = [160]> (u, K) }""",
        K=(8, 1, 512),
    ),
    "a table of positions": made(
        """positions (int64[N, L] ids) => (float[N, L, 8] y) { e = Gather (emb, ids) y = Add (e, pe) }""",
        emb=(100, 8), pe=(1, 24, 8),
    ),
    "the first dense layer": made(
        """dense (float[N, 3, H, W] x) => (float[N, 10] y) {
        c = Conv <strides = [4, 4]> (x, w) p = MaxPool <kernel_shape = [3, 3], strides = [2, 2]> (c)
        f = Flatten (p) y = Gemm (f, d) }""",
        w=(8, 3, 11, 11), d=(8 * 12 * 12, 10),
    ),
    "a skip connection, in multiples of 20": made(
        """skip (float[N, 1, H, W] x) => (float[N, 2, H, W] y) <float[4] up = {1.0, 1.0, 20.0, 20.0}> {
        d = AveragePool <kernel_shape = [20, 20], strides = [20, 20]> (x)
        u = Resize <mode = "nearest"> (d, , up) y = Concat <axis = 1> (u, x) }"""
    ),
    "a batch and a length that one table fixes": made(
        """joined (float[N, L, 8] x) => (float[N, L, 12] y) { y = Concat <axis = 2> (x, k) }""",
        k=(1, 10, 4),
    ),
    "a convolution by weights that only a run knows": made(
        """picked (float[N, 3, H, W] x, bool[M] left_out) => (float[N, C, P, Q] y) {
        n = Not (left_out) w = Compress <axis = 0> (k, n) y = Conv (x, w) }""",
        k=(4, 3, 3, 3),
    ),
    "two lengths that are not the same": made(
        """two (float[N, A] a, float[N, B] b) => (float[N, 3] y) {
        p = MatMul (a, wa) q = MatMul (b, wb) y = Add (p, q) }""",
        wa=(7, 3), wb=(512, 3),
    ),
}  # fmt: skip


def facts(data: bytes) -> Facts:
    return infer(loads(data))


def runs(data: bytes, chosen: Chosen) -> bool:
    kinds = {1: np.float32, 7: np.int64, 9: np.bool_}
    session = onnxruntime.InferenceSession(data)
    session.run(None, {feed.name: np.zeros(feed.shape, kinds[feed.dtype]) for feed in chosen.attempts[0]})
    return True


@pytest.mark.parametrize("data", MODELS.values(), ids=MODELS)
def test_the_first_attempt_runs(data: bytes) -> None:
    chosen = choose(facts(data))
    assert chosen.fits
    assert runs(data, chosen)


def test_what_the_usual_sizes_lack_is_told() -> None:
    chosen = choose(facts(MODELS["a table of positions"]))
    assert chosen.told == "of the sizes 1 to 64, L fits at 1 and 24 alone"
    assert [feeds[0].shape for feeds, _ in chosen.passed_over][:3] == [(2, 224), (2, 64), (2, 32)]
    assert "do not broadcast" in chosen.passed_over[0][1]


def test_of_small_sizes_the_larger_one_is_tried_first() -> None:
    """Images as wide as two and as one broadcast with two; of a single column much goes unseen."""
    added = made("added (float[N, C, H, W] x) => (float[N, C, H, V] y) { y = Add (x, w) }", w=(2,))
    chosen = choose(facts(added))
    assert chosen.attempts[0][0].shape == (2, 3, 2, 2) and runs(added, chosen)


def test_so_many_sizes_of_stored_matrices_are_tried_first() -> None:
    """The 64 least of 65; then the first of those that models often have, which no matrix has here."""
    stored = {f"w{size}": (1, size) for size in range(3000, 3065)}
    data = made("g (float[N, L] x) => (float[N, L] y) { y = Relu (x) }", **stored)
    assert list(islice(sizes._candidates(facts(data)), 65)) == [*range(3000, 3064), sizes.MORE[0]]


def test_usual_sizes_stay_the_first() -> None:
    """A sound image model is tried on what it always was."""
    sound = made("sound (float[N, 3, H, W] x) => (float[N, 3, H, W] y) { y = Relu (x) }")
    chosen = choose(facts(sound))
    assert chosen.attempts[0][0].shape == (2, 3, 224, 224)
    assert (chosen.passed_over, chosen.told) == ((), "")
    fixed = made("fixed (float[2, 3] x) => (float[2, 3] y) { y = Relu (x) }")
    assert [feeds[0].shape for feeds in choose(facts(fixed)).attempts] == [(2, 3)]


def test_where_nothing_fits_the_usual_is_tried() -> None:
    """No length twice is seven."""
    text = "never (float[3, L] x) => (float[3, M] y) { a = Concat <axis = 1> (x, x) y = Add (a, w) }"
    chosen = choose(facts(made(text, w=(3, 7))))
    assert not chosen.fits
    assert [feeds[0].shape for feeds in chosen.attempts] == [(3, 224)]


def test_a_window_that_does_not_fit_is_known() -> None:
    """onnxruntime 1.32 divides by zero behind such a pooling."""
    dense = facts(MODELS["the first dense layer"])
    ports = tuple((name, fact.dtype or 0, ("N", 3, "H", "W")) for name, fact in dense.inputs.items())
    assert impossible(dense, invent(ports, size=12))
    assert impossible(dense, invent(ports, size=224))
    assert not impossible(dense, invent(ports, size=107))


def test_others_are_small_and_of_another_batch() -> None:
    sound = facts(made("sound (float[N, 3, H, W] x) => (float[N, 3, H, W] y) { y = Relu (x) }"))
    first = choose(sound).attempts[0]
    assert [feeds[0].shape for feeds in others(sound, first)] == [(2, 3, 1, 1), (3, 3, 224, 224)]


def test_the_small_one_is_the_smallest_of_some_that_fits() -> None:
    """A window of three does not fit into one row; it fits into four."""
    windowed = facts(made("g (float[N, 3, H, W] x) => (float[N, 2, P, Q] y) { y = Conv (x, w) }", w=(2, 3, 3, 3)))
    first = choose(windowed).attempts[0]
    assert [feeds[0].shape for feeds in others(windowed, first)] == [(2, 3, 4, 4), (3, 3, 224, 224)]


def test_what_the_first_two_dense_layers_say_is_tried_first() -> None:
    """75 = 3 * 5 * 5 and 363 = 3 * 11 * 11; the 7 of the third one, 147, comes with the other small ones."""
    nodes = " ".join(f"f{of} = Flatten ({of}) p{of} = Gemm (f{of}, w{of})" for of in "abc")
    inputs = ", ".join(f"float[N, 3, {of}, {of}] {of}" for of in "abc")
    text = f"three ({inputs}) => (float[N, 2] y) {{ {nodes} y = Sum (pa, pb, pc) }}"
    found = list(sizes._candidates(facts(made(text, wa=(75, 2), wb=(363, 2), wc=(147, 2)))))
    assert found[:2] == [5, 11] and 7 in found


def test_where_all_sizes_fit_or_none_nothing_is_told_of_them() -> None:
    for text, shape in (("y = Relu (x)", (1,)), ("y = MatMul (x, w)", (100, 3))):
        found = facts(made(f"g (float[N, L] x) => (float[N, M] y) {{ {text} }}", w=shape))
        assert sizes._which_fit(found, sizes.ports_of(found), (), inf) == ""


def test_a_fault_that_no_size_brings_rules_none_out() -> None:
    """A node that cannot run at all is a finding of its own, and a crash on it is one, too."""
    maximum = made("g (float[N, 4] x) => (float[N, 4] y) { y = Add (x, w) }", w=(3,))
    facts_ = facts(maximum)
    assert facts_.troubles
    assert not impossible(facts_, choose(facts_).attempts[0])


def test_the_last_size_that_is_told_of_is_told() -> None:
    dense = made("dense (float[N, L] x) => (float[N, 3] y) { y = MatMul (x, w) }", w=(63, 3))
    assert choose(facts(dense)).told == "of the sizes 1 to 64, L fits at 63 alone"
    two = made("two (float[N, L] x) => (float[N, L] y) { y = Add (x, w) }", w=(64,))
    found = facts(two)
    assert sizes._which_fit(found, sizes.ports_of(found), (), inf) == "of the sizes 1 to 64, L fits at 1 and 64 alone"


def test_when_the_time_is_over_the_usual_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that steps by a second at each look: after two of them the search is over, at any of its places."""
    for name, text in (("dense", "y = MatMul (x, w)"), ("positions", "y = Add (x, w)")):
        clock = count_from()
        monkeypatch.setattr(sizes, "time", SimpleNamespace(thread_time=lambda clock=clock: next(clock)))
        found = facts(made(f"{name} (float[N, L] x) => (float[N, M] y) {{ {text} }}", w=(1000, 1000)))
        chosen = choose(found)
        assert not chosen.fits and not chosen.told
        assert len(chosen.passed_over) == 2 and chosen.attempts[0] == chosen.passed_over[0][0]


@pytest.mark.parametrize(
    ("node", "why"),
    [
        ("y = Slice (x, hundred, most, one)", "y would be empty"),
        ("y = Slice (x, zero, most, one)", ""),
        ("y = Slice (empty, zero, most, one)", ""),  # without any row whatever is fed
    ],
)
def test_a_size_that_leaves_nothing_is_impossible_where_another_leaves_something(node: str, why: str) -> None:
    """From the hundredth row on: of 64 rows nothing is left, and of 224 much."""
    text = f"""g (float[L, 2] x) => (float[M, 2] y)
    <int64[1] zero = {{0}}, int64[1] hundred = {{100}}, int64[1] most = {{100000}}, int64[1] one = {{0}}>
    {{ {node} }}"""
    found = facts(made(text, empty=(0, 2)))
    for size, expected in ((64, why), (224, "")):
        said = impossible(found, invent(sizes.ports_of(found), {"L": size}, batch=size))
        assert bool(said) is bool(expected) and expected in said


@pytest.mark.parametrize(
    ("node", "fits"),
    [
        ("LpPool <kernel_shape = [9, 9]> (x)", 9),
        ("MaxPool <kernel_shape = [9, 9]> (x)", 9),
        ("AveragePool <kernel_shape = [9, 9]> (x)", 9),
        ("Conv (x, w)", 5),
    ],
)
def test_an_image_smaller_than_the_window_is_impossible(node: str, fits: int) -> None:
    found = facts(made(f"g (float[N, 3, H, W] x) => (float[N, C, P, Q] y) {{ y = {node} }}", w=(2, 3, 5, 5)))
    ports = sizes.ports_of(found)
    assert not impossible(found, invent(ports, size=fits, channels=3))
    assert impossible(found, invent(ports, size=fits - 1, channels=3))


def test_an_output_that_is_left_out_says_nothing_of_the_window() -> None:
    """ "Empty string can be used to indicate an omitted output": here MaxPool's second one."""
    model = onnx.load_model_from_string(
        made("g (float[N, 3, H, W] x) => (float[N, 3, P, Q] y) { y = MaxPool <kernel_shape = [9, 9]> (x) }")
    )
    model.graph.node[0].output.append("")
    found = facts(model.SerializeToString())
    assert not impossible(found, invent(sizes.ports_of(found), size=9, channels=3))
    assert impossible(found, invent(sizes.ports_of(found), size=8, channels=3))


def test_where_nothing_is_left_open_no_size_is_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "impossible", lambda *_: pytest.fail("there is nothing to choose"))
    fixed = made("fixed (float[2, 3] x) => (float[2, 3] y) { y = Relu (x) }")
    assert [feeds[0].shape for feeds in choose(facts(fixed)).attempts] == [(2, 3)]


def test_sizes_that_well_known_models_take_are_tried() -> None:
    """Before all small ones are: these are what people's models ask for, and a run on another size fails."""
    images = {
        227: "AlexNet", 240: "EfficientNet-B1", 299: "Inception v3", 320: "SSDlite320", 384: "ViT-B/16 at 384",
        416: "YOLOv3", 448: "YOLO", 512: "SSD512", 640: "YOLOv5", 800: "Faster R-CNN", 1280: "YOLOv5x6",
        768: "Stable Diffusion 2", 1024: "SAM",
    }  # fmt: skip
    seconds = {8_000: "telephony", 16_000: "wav2vec 2.0", 48_000: "studio"}
    found = facts(made("g (float[N, L] x) => (float[N, L] y) { y = Relu (x) }"))
    first = set(takewhile(lambda size: size != 5, sizes._candidates(found)))
    assert {*images, *seconds} <= first
