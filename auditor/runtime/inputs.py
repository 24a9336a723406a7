"""Inputs that we invent: sizes for what a model leaves open. The child fills the tensors (`request.Feed`).

A run that fails on them proves nothing about the model; so several are tried.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import TypeAlias

from .request import Feed

Port: TypeAlias = tuple[str, int, tuple[int | str | None, ...] | None]
"""An input to feed: name, number of its element type, shape; a shape of None has no known rank."""

BATCHES = (2, 1)  # a batch of 1 hides what is baked in; some models take no other
SIZES = (224, 64, 32, 16, 1)  # what worked on trained models whose sizes are open, the likeliest first
CHANNELS = (3, 1)
LARGEST = 1 << 26  # elements of an input that we invent

_UNRANKED = ("?batch", 3, "?height", "?width")


def invent(
    ports: tuple[Port, ...],
    dims: Mapping[str, int] | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    size: int = SIZES[0],
    channels: int | None = None,
    batch: int = BATCHES[0],
    behind: bool = False,
) -> tuple[Feed, ...]:
    """Feeds for all ports. A given shape or size wins; equal names get equal sizes.

    An input's leading size becomes ``batch`` if it is open, the other open ones ``size``; ``channels`` is for what
    looks like an image's channel, if that is open. ``behind``: the first open size is the batch wherever it stands, as
    in a recurrent state.
    """
    chosen = dict(dims or {})
    given = shapes or {}
    for name, _, shape in ports:  # sizes that a given shape binds hold for other inputs, too
        for asked, declared in zip(given.get(name, ()), shape or (), strict=False):
            if isinstance(declared, str) and declared.isidentifier():
                chosen.setdefault(declared, asked)
    leading = {shape[0] for _, _, shape in ports if shape and str(shape[0]).isidentifier()}
    feeds = []
    for name, dtype, shape in ports:
        if name in given:
            feeds.append(Feed(name, dtype, tuple(given[name])))
            continue
        axes = _UNRANKED if shape is None else shape
        sizes = []
        for axis, declared in enumerate(axes):
            if isinstance(declared, int) and declared >= 0:
                sizes.append(declared)
                continue
            known = declared if isinstance(declared, str) else ""
            if known not in chosen:
                # A size that is open behind a leading one that is not is a length: [1, samples].
                first = not any(_is_open(earlier) for earlier in axes[:axis]) and (
                    axis == 0 or behind or known in leading
                )
                new = batch if first else size
                if channels is not None and len(axes) == 4 and axis == _channel_axis(axes):
                    new = channels
                if not known.isidentifier():  # "?" names two different sizes in models that people run
                    sizes.append(new)
                    continue
                chosen[known] = new
            sizes.append(chosen[known])
        feeds.append(Feed(name, dtype, tuple(sizes)))
    return tuple(feeds)


def attempts(
    ports: tuple[Port, ...],
    dims: Mapping[str, int] | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
) -> tuple[tuple[Feed, ...], ...]:
    """Different choices of the open sizes, the likeliest first; none twice, none of monstrous size."""
    choices = product(BATCHES, (False, True), SIZES, (*CHANNELS, None))
    tried = dict.fromkeys(
        invent(ports, dims, shapes, size, channels, batch, behind) for batch, behind, size, channels in choices
    )
    return tuple(feeds for feeds in tried if all(math.prod(feed.shape) <= LARGEST for feed in feeds))


def _is_open(size: int | str | None) -> bool:
    return not isinstance(size, int) or size < 0


def _channel_axis(axes: tuple[int | str | None, ...]) -> int | None:
    """Of four axes the second, if it is open; else the last, if it is open and the one before is not: N, H, W, C."""
    if _is_open(axes[1]):
        return 1
    return 3 if not _is_open(axes[2]) else None
