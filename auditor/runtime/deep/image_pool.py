"""Images to make batches of: what an input holds, cut along the axis of its images, and more of the like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from .. import tensors
from .ground import DeepGround

_SHRUNK = (1.0, 0.5, 0.25)  # so that invented images are not alike in their means and spreads
_SECOND_SEED = 0x5EED


class ImagePool:
    """So many ``needed`` images, out of the request's inputs; an input without an axis stays whole."""

    def __init__(self, ground: DeepGround, axes: Mapping[str, int], needed: int) -> None:
        self._ground, self._axes, self._needed = ground, axes, needed
        self._fill(ground.request.seed)

    def renew(self) -> None:
        """Other images."""
        self._fill(self._ground.request.seed + _SECOND_SEED)

    def fed(self, images: Sequence[int]) -> list[tensors.Stored]:
        """A batch of these."""
        import numpy as np

        return [
            one._replace(array=np.concatenate([self._images[one.name][at] for at in images], axis=self._axes[one.name]))
            if one.name in self._axes
            else one
            for one in self._whole
        ]

    def _fill(self, seed: int) -> None:
        import numpy as np

        needed = self._needed
        renewed = seed != self._ground.request.seed
        ways = [self._ground.fed(seed=seed), self._ground.fed(seed=seed + 1)]
        self._whole = self._ground.fed()
        self._images: dict[str, list[Any]] = {}
        by_name = {feed.name: feed for feed in self._ground.request.attempts[0]}
        for one, other in zip(*ways, strict=True):
            if one.name not in self._axes:
                continue
            axis = self._axes[one.name]
            held = list(chain(*(np.split(way.array, way.array.shape[axis], axis) for way in (one, other))))
            if by_name[one.name].file:
                held = held[: one.array.shape[axis]]
                held = [held[at % len(held)] if at < len(held) else _rolled(held, at) for at in range(needed)]
                if renewed:
                    held = [np.roll(image, 2 * needed + 1) for image in held]
            elif one.dtype in (1, 10, 11):
                held = [image * image.dtype.type(_SHRUNK[at % len(_SHRUNK)]) for at, image in enumerate(held)]
            self._images[one.name] = held


def _rolled(held: Sequence[Any], at: int) -> Any:
    """One more image of the same elements."""
    import numpy as np

    return np.roll(held[at % len(held)], 1 + at)
