"""A treemap: tiles as large as their values, as square as they can be (Bruls, Huizing and van Wijk 2000)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...tuples import NamedTuple
from ..markup import compact, escaped, name, percent, share


class Area(NamedTuple):
    """A rectangle, in any unit."""

    x: float
    y: float
    width: float
    height: float


class Block(NamedTuple):
    """A tile: its label is a name out of a model."""

    label: str
    value: float
    parts: tuple[Block, ...] = ()


_WIDE, _HIGH = 1000.0, 400.0
_HEAD = 20.0  # the line of a block's name
_LEAST = (46.0, 17.0)  # a tile that has room for text


def treemap(blocks: Sequence[Block], title: str) -> Iterator[str]:
    """Blocks with their parts inside."""
    whole = sum(block.value for block in blocks)
    yield f'<svg class="plot treemap" role="img" aria-label="{escaped(title)}"><title>{escaped(title)}</title>'
    ordered = sorted(blocks, key=lambda block: -block.value)
    for place, (block, area) in enumerate(
        zip(ordered, squarified([b.value for b in ordered], Area(0, 0, _WIDE, _HIGH)), strict=True)
    ):
        yield _tile(block, area, Area(0, 0, _WIDE, _HIGH), f"tile part-{place % 6}", whole, 13)
        if block.parts and area.height > 2.5 * _HEAD and area.width > 2 * _LEAST[0]:
            inner = Area(area.x + 3, area.y + _HEAD, area.width - 6, area.height - _HEAD - 3)
            parts = sorted(block.parts, key=lambda part: -part.value)
            for part, where in zip(parts, squarified([p.value for p in parts], inner), strict=True):
                yield _tile(part, where, Area(0, 0, _WIDE, _HIGH), "tile inner", whole, 12)
    yield "</svg>"


def _tile(block: Block, area: Area, whole: Area, kind: str, sum_of_all: float, room: int) -> str:
    text = ""
    if area.width >= _LEAST[0] and area.height >= _LEAST[1]:
        text = f'<text x="5" y="{room + 1}">{name(block.label, 60)}</text>'
    told = f"{name(block.label)}: {compact(block.value)} ({share(block.value, sum_of_all)})"
    return (
        f'<svg class="{kind}" x="{percent(area.x, whole.width)}" y="{percent(area.y, whole.height)}" '
        f'width="{percent(area.width, whole.width)}" height="{percent(area.height, whole.height)}">'
        f'<title>{told}</title><rect width="100%" height="100%"/>{text}</svg>'
    )


def squarified(values: Sequence[float], area: Area) -> list[Area]:
    """A rectangle for each of the values, greatest first, which fill the area in proportion."""
    found: list[Area] = []
    total = sum(values)
    if total <= 0:
        return [Area(area.x, area.y, 0, 0) for _ in values]
    scale = area.width * area.height / total
    sizes = [value * scale for value in values]
    start, left = 0, area
    while start < len(sizes):
        side = min(left.width, left.height)
        end, laid = start + 1, sizes[start]
        while end < len(sizes) and side > 0:
            more = laid + sizes[end]
            if _worst(sizes[start], sizes[end], more, side) > _worst(sizes[start], sizes[end - 1], laid, side):
                break
            end, laid = end + 1, more
        left = _row(sizes[start:end], laid, left, found)
        start = end
    return found


def _worst(greatest: float, least: float, laid: float, side: float) -> float:
    """The worst ratio of sides in a row along ``side``."""
    if not least or not laid:
        return float("inf")
    return max(side * side * greatest / (laid * laid), laid * laid / (side * side * least))


def _row(sizes: Sequence[float], laid: float, left: Area, found: list[Area]) -> Area:
    """Lay a row along the shorter side; what is left of the area."""
    upright = left.width >= left.height  # the row stands at the left
    side = left.height if upright else left.width
    depth = laid / side if side else 0.0
    at = 0.0
    for size in sizes:
        length = size / depth if depth else 0.0
        if upright:
            found.append(Area(left.x, left.y + at, depth, length))
        else:
            found.append(Area(left.x + at, left.y, length, depth))
        at += length
    if upright:
        return Area(left.x + depth, left.y, max(left.width - depth, 0), left.height)
    return Area(left.x, left.y + depth, left.width, max(left.height - depth, 0))
