"""The sizes that are chosen for what a model leaves open."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auditor.runtime.inputs import LARGEST, Port, attempts, invent
from auditor.runtime.request import Feed

IMAGE: Port = ("x", 1, ("N", 3, "H", "W"))


def shapes(feeds: tuple[Feed, ...]) -> list[tuple[int, ...]]:
    return [feed.shape for feed in feeds]


def test_the_first_open_size_is_the_batch_and_the_others_are_an_images() -> None:
    assert invent((IMAGE,)) == (Feed("x", 1, (2, 3, 224, 224)),)
    assert shapes(invent((("x", 1, (1, 3, None, -1)),))) == [(1, 3, 224, 224)]
    assert shapes(invent((("x", 1, ()), ("y", 7, (5, 0))))) == [(), (5, 0)]


def test_a_length_behind_a_fixed_batch_is_no_batch() -> None:
    assert shapes(invent((("audio", 1, (1, "samples")),))) == [(1, 224)]
    state: tuple[Port, ...] = (("h", 1, (2, "batch", 64)), ("x", 1, ("batch", "seq", 8)))
    assert shapes(invent(state)) == [(2, 2, 64), (2, 224, 8)]


def test_equal_names_have_equal_sizes() -> None:
    texts: tuple[Port, ...] = (("ids", 7, ("batch", "seq")), ("mask", 7, ("batch", "seq")), ("len", 7, ("seq",)))
    assert shapes(invent(texts)) == [(2, 224), (2, 224), (224,)]


def test_a_name_that_is_no_identifier_proves_no_equality() -> None:
    assert shapes(invent((("x", 1, ("?", "?")), ("y", 1, ("?", 3))))) == [(2, 224), (2, 3)]


def test_what_is_given_wins() -> None:
    assert shapes(invent((IMAGE,), dims={"N": 1, "H": 99})) == [(1, 3, 99, 224)]
    assert shapes(invent((IMAGE,), dims={"N": 1}, shapes={"x": (5, 6)})) == [(5, 6)]
    assert shapes(invent((("y", 1, ("N", 7)), IMAGE), shapes={"x": (5, 3, 8, 9)})) == [(5, 7), (5, 3, 8, 9)]
    assert shapes(invent((("y", 1, ("?", 7)),), dims={"?": 4})) == [(4, 7)]


def test_several_are_tried() -> None:
    tried = [shapes(feeds)[0] for feeds in attempts((IMAGE,))]
    assert [shape[2:] for shape in tried] == 2 * [(224, 224), (64, 64), (32, 32), (16, 16), (1, 1)]
    assert [shape[0] for shape in tried] == 5 * [2] + 5 * [1]
    assert [shapes(feeds) for feeds in attempts((("x", 1, (1, 4)),))] == [[(1, 4)]]
    assert attempts(()) == ((),)


def test_open_channels_are_tried_as_colours() -> None:
    first = [shapes(feeds)[0] for feeds in attempts((("x", 1, ("N", "C", "H", "W")),))]
    assert first[:3] == [(2, 3, 224, 224), (2, 1, 224, 224), (2, 224, 224, 224)]
    last = [shapes(feeds)[0] for feeds in attempts((("x", 1, ("N", 224, 224, "C")),))]
    assert (2, 224, 224, 3) in last


def test_without_a_rank_an_image_is_taken() -> None:
    assert shapes(invent((("x", 1, None),))) == [(2, 3, 224, 224)]


def test_nothing_monstrous_is_tried() -> None:
    tried = attempts((("x", 1, ("a", "b", "c", "d", "e", "f")),))
    assert tried
    assert all(feed.shape[1] <= 32 for feeds in tried for feed in feeds)


size = st.integers(-1, 300) | st.sampled_from(["N", "H", "W", "?"]) | st.none()


@given(st.lists(st.lists(size, max_size=5), min_size=1, max_size=3))
def test_fixed_sizes_stay(declared: list[list[int | str | None]]) -> None:
    fixed: tuple[Port, ...] = tuple((f"x{i}", 1, tuple(axes)) for i, axes in enumerate(declared))
    for feeds in attempts(fixed):
        assert [feed.name for feed in feeds] == [name for name, _, _ in fixed]
        for feed, axes in zip(feeds, declared, strict=True):
            assert len(feed.shape) == len(axes)
            assert all(
                got == said for got, said in zip(feed.shape, axes, strict=True) if isinstance(said, int) and said >= 0
            )
            count = 1
            for got in feed.shape:
                assert got >= 0
                count *= got
            assert count <= LARGEST


def test_a_recurrent_state_has_its_batch_behind_its_directions() -> None:
    """silero-vad: input [?, ?], state [2, ?, 128]. One of the attempts gives both the same batch."""
    ports = (("input", 1, (None, None)), ("state", 1, (2, None, 128)))
    assert any(state.shape[1] == data.shape[0] for data, state in attempts(ports))
