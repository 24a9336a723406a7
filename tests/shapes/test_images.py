"""Along which axis images lie. What is expected is written out from the operators' definitions."""

from __future__ import annotations

import pytest
from onnx import parser

from auditor.model.load import loads
from auditor.shapes.batches import whole_numbers
from auditor.shapes.facts import Facts, infer
from auditor.shapes.images import IMAGES, Along, Images, _along, images_of
from auditor.shapes.sizes.dim import named
from tests.shapes.asking import tensor

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def facts_of(text: str) -> Facts:
    return infer(loads(parser.parse_model(HEAD + text).SerializeToString()))


def images(text: str, **sizes: tuple[int, ...]) -> Images:
    found = images_of(facts_of(text), sizes)
    assert found is not None
    return found


def places(text: str, **sizes: tuple[int, ...]) -> dict[str, tuple[int, int]]:
    return {one.tensor: (one.axis, one.each) for one in images(text, **sizes).tensors}


def test_images_are_followed_through_what_moves_them() -> None:
    found = places("""agraph (float[N, 4, T] x) => (float[T, N, 4] a, float[M, 4] b, float[4] c)
    <int64[2] s = {-1, 4}> {
      t = Transpose<perm = [2, 0, 1]>(x)
      a = Relu(t)
      u = Transpose<perm = [0, 2, 1]>(x)
      b = Reshape(u, s)
      c = ReduceMean<axes = [0, 2], keepdims = 0>(x)
    }""", x=(2, 4, 7))  # fmt: skip
    assert found == {"x": (0, 1), "t": (1, 1), "a": (1, 1), "u": (0, 1), "b": (0, 7)}


def test_what_is_one_to_an_image_by_arithmetic_is_one() -> None:
    """The tail and the head of a batch, joined again: max(N - 1, 0) + min(N, 1)."""
    found = places("""agraph (float[N, 4] x) => (float[M, 4] y)
    <int64[1] nought = {0}, int64[1] one = {1}, int64[1] far = {1000000}> {
      head = Slice(x, nought, one, nought)
      tail = Slice(x, one, far, nought)
      y = Concat<axis = 0>(tail, head)
    }""")  # fmt: skip
    assert found == {"x": (0, 1), "y": (0, 1)}


@pytest.mark.parametrize("count", [2, 3, 4, 5, 8, 16, 61])
def test_a_row_more_for_some_numbers_of_images_is_none_to_an_image(count: int) -> None:
    """One more where the count divides the number: where a last group is whole."""
    n = named(IMAGES)
    assert _along(tensor(n + n // count - (n + count - 1) // count + 1, 4)) is None
    assert _along(tensor(n * count, 4)) == (0, count)


def test_sizes_hang_on_no_image() -> None:
    found = images("""agraph (float[N, 4] x, float[4, 2] w) => (float[N, 2] y, int64[2] s, float[4, 2] v) {
      y = MatMul(x, w)
      s = Shape(y)
      v = Abs(w)
    }""")  # fmt: skip
    assert found.inputs == (Along("x", 0),)
    assert found.apart == {"s", "v"}


def test_a_recurrent_state_has_its_batch_behind_the_layers() -> None:
    found = images("""agraph (float[T, N, 2] x, float[1, N, 3] h) => (float[T, A, N, 3] y, float[1, N, 3] last)
    <float[1, 3, 2] w = {1, 2, 3, 4, 5, 6}, float[1, 3, 3] r = {1, 2, 3, 4, 5, 6, 7, 8, 9}> {
      y, last = RNN<hidden_size = 3>(x, w, r, , , h)
    }""")  # fmt: skip
    assert found.inputs == (Along("x", 1), Along("h", 1)) and found.sure
    assert {"y": 2, "last": 1}.items() <= {one.tensor: one.axis for one in found.tensors}.items()


def test_a_recurrent_layer_says_which_axis_is_the_batch() -> None:
    """X is [seq_length, batch_size, input_size] (onnx.ai, RNN)."""
    found = images("""agraph (float[p, q, 2] x) => (float[p, A, q, 3] y)
    <float[1, 3, 2] w = {1, 2, 3, 4, 5, 6}, float[1, 3, 3] r = {1, 2, 3, 4, 5, 6, 7, 8, 9}> {
      y = RNN<hidden_size = 3>(x, w, r)
    }""")  # fmt: skip
    assert found.inputs == (Along("x", 1),) and found.sure


def test_a_recurrent_layer_that_takes_the_batch_first_says_so() -> None:
    found = images("""agraph (float[p, q, 2] x) => (float[p, q, A, 3] y)
    <float[1, 3, 2] w = {1, 2, 3, 4, 5, 6}, float[1, 3, 3] r = {1, 2, 3, 4, 5, 6, 7, 8, 9}> {
      y = RNN<hidden_size = 3, layout = 1>(x, w, r)
    }""")  # fmt: skip
    assert found.inputs == (Along("x", 0),) and found.sure


def test_what_is_counted_by_another_name_is_fed_whole() -> None:
    found = images("""agraph (float[batch, 8] query, float[entries, 8] gallery) => (float[batch, entries] y) {
      t = Transpose(gallery)
      y = MatMul(query, t)
    }""")  # fmt: skip
    assert found.inputs == (Along("query", 0),)
    assert found.apart == {"t"}


def test_names_that_an_exporter_made_for_each_input_count_together() -> None:
    found = images("agraph (float[unk_1, 8] a, float[unk_2, 8] b) => (float[unk_3, 8] y) { y = Add(a, b) }")
    assert found.inputs == (Along("a", 0), Along("b", 0))
    assert not found.sure


def test_a_matrix_of_neighbours_counts_points() -> None:
    text = "agraph (float[N, 3] x, float[N, N] near) => (float[N, 3] y) { y = MatMul(near, x) }"
    assert images_of(facts_of(text), {}) is None


def test_on_sizes_with_which_it_cannot_run_there_are_no_images() -> None:
    """Rows of seven have nothing to be added to five numbers."""
    text = "agraph (float[N, 4, T] x) => (float[N, 4, 5] y) <float[5] w = {1, 2, 3, 4, 5}> { y = Add(x, w) }"
    assert images_of(facts_of(text), {"x": (2, 4, 7)}) is None
    assert images(text, x=(2, 4, 5)).inputs == (Along("x", 0),)


@pytest.mark.parametrize(("size", "sure"), [("frames", None), ("N", True), ("batch_size", True), ("s77", False)])
def test_how_sure_a_name_makes_us(size: str, sure: bool | None) -> None:
    found = images_of(facts_of(f"agraph (float[{size}, 4] x) => (float[{size}, 4] y) {{ y = Relu(x) }}"), {})
    assert (found.sure if found is not None else None) is sure


def test_a_symbol_of_torch_export_counts_images() -> None:
    assert images("agraph (float[s77, 3, 8, 8] x) => (float[s77, 3, 8, 8] y) { y = Relu(x) }").sure


def test_a_number_of_images_that_is_written_into_the_model() -> None:
    found = images("agraph (float[4, 3, 8, 8] x) => (float[4, 3, 8, 8] y) { y = Relu(x) }")
    assert found.fixed == 4 and found.inputs == (Along("x", 0),)
    assert {one.tensor for one in found.tensors} == {"x", "y"}
    one = images("agraph (float[1, 5] x) => (float[1, 5] y) { y = Relu(x) }")
    assert (one.fixed, one.inputs, one.tensors) == (1, (Along("x", 0),), ())
    assert images_of(facts_of("agraph (float[6, 5] x) => (float[6, 5] y) { y = Relu(x) }"), {}) is None


def test_a_fixed_number_that_a_reshape_repeats_leaves_nothing_to_follow() -> None:
    found = images("""agraph (float[4, 3, 2, 2] x) => (float[4, 12] y) <int64[2] s = {4, 12}> { y = Reshape(x, s) }""")
    assert found.fixed == 4 and "y" not in {one.tensor for one in found.tensors}


def test_numbers_are_whole_if_all_of_them_are_known() -> None:
    """1e30 is no integer of 64 bits: what a Cast makes of it, nobody promises."""
    facts = facts_of("""agraph (float[2, 3] x) => (float[2, 3] y) <float[2] a = {0, 1e30}, float[2] b = {0, 1}> {
      far = Cast<to = 7>(a)
      near = Cast<to = 7>(b)
      y = Relu(x)
    }""")
    assert whole_numbers(facts, "far", "") is None
    assert whole_numbers(facts, "near", "") == (0, 1)
