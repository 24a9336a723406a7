"""Where the bytes, the parameters and the work are: plots, each with its numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ....drawing.markup import compact, escaped, name, share
from ....drawing.plots.bars import bar
from ....drawing.plots.memory import memory_plot
from ....drawing.plots.treemap import Block, treemap
from ....names import visible
from ....picture import Anchor, LayerRow, MemoryWalk, Picture
from ....wording import counted, in_bytes

_FIRST, _MOST = 10, 30
_MOST_BLOCKS, _MOST_PARTS = 14, 24
_MOST_GROUPS = 60  # more of them are no picture
_MOST_SIZES = 8
_PARTS = re.compile(r"[/.]")


def costs(picture: Picture, listed: frozenset[Anchor] = frozenset()) -> Iterator[str]:
    """The section; nothing where no layers are known. ``listed`` have a row in the table of layers."""
    if not picture.layers:
        return
    yield '<section id="costs"><h2>Where it goes</h2>\n'
    if picture.sizes:
        taken = ", ".join(f"{size} = {number}" for size, number in picture.sizes[:_MOST_SIZES])
        more = ", ..." if len(picture.sizes) > _MOST_SIZES else ""
        yield f"<p>The open sizes are taken as {name(taken + more, 400)}; the table of layers has them open.</p>\n"
    yield from _memory(picture)
    yield '<div class="three">\n'
    for title, count, shown in _BARS:
        yield from _bars(picture, listed, title, count, shown)
    yield "</div>\n"
    yield from _treemap(picture)
    yield "</section>\n"


_BARS: tuple[tuple[str, Callable[[LayerRow], int | None], Callable[[float], str]], ...] = (
    ("Parameters", lambda row: row.numbers.learnable or row.parameters, compact),
    ("MACs", lambda row: row.numbers.macs, compact),
    ("Bytes of outputs", lambda row: row.numbers.activation_bytes, lambda v: in_bytes(int(v))),
)


def _memory(picture: Picture) -> Iterator[str]:
    memory = picture.memory
    yield "<h3>Activations alive along the walk</h3>\n"
    if memory is None:
        yield f"<p>They cannot be drawn: {escaped(picture.why_no_memory)}.</p>\n"
        return
    peak = memory.peak
    where = _named(picture, memory, peak)
    told = f"At most {in_bytes(memory.alive[peak])}, at {where}"
    yield from ("<figure>", *memory_plot(memory.alive, visible(told, 300)))
    yield f"<figcaption>{name(told, 300)}, in the order of the walk.</figcaption></figure>\n"
    greatest = sorted(range(len(memory.alive)), key=lambda step: (-memory.alive[step], step))[:_FIRST]
    yield '<details><summary>The greatest</summary><table><thead><tr><th scope="col">at</th>'
    yield '<th scope="col" class="n">alive</th></tr></thead><tbody>\n'
    for step in greatest:
        yield f'<tr><th scope="row">{name(_named(picture, memory, step))}</th>'
        yield f'<td class="n">{in_bytes(memory.alive[step])}</td></tr>\n'
    yield "</tbody></table></details>\n"


def _named(picture: Picture, memory: MemoryWalk, step: int) -> str:
    if step == 0:
        return "the inputs"
    return picture.layers[memory.rows[step - 1]].label


def _bars(
    picture: Picture,
    listed: frozenset[Anchor],
    title: str,
    count: Callable[[LayerRow], int | None],
    shown: Callable[[float], str],
) -> Iterator[str]:
    numbers = [(value, row) for row in picture.layers if (value := count(row))]
    unknown = sum(count(row) is None for row in picture.layers)
    yield f"<div><h3>{title} by layer</h3>\n"
    if not numbers:
        yield f"<p>{'They are not known' if unknown else 'There are none'}.</p></div>\n"
        return
    numbers.sort(key=lambda pair: -pair[0])
    whole, most = sum(value for value, _ in numbers), numbers[0][0]
    yield from _bar_table(title, numbers[:_FIRST], most, whole, shown, listed)
    if len(numbers) > _FIRST:
        left = sum(value for value, _ in numbers[_MOST:])
        yield f"<details><summary>The next {min(len(numbers), _MOST) - _FIRST}</summary>\n"
        yield from _bar_table(title, numbers[_FIRST:_MOST], most, whole, shown, listed)
        yield "</details>\n"
        if len(numbers) > _MOST:
            yield f'<p class="more">The other {len(numbers) - _MOST:,}: {escaped(shown(left))}, '
            yield f"{share(left, whole)}.</p>\n"
    if unknown:
        yield f'<p class="more">Of {counted(unknown, "layer")} the number is not known.</p>\n'
    yield "</div>\n"


def _bar_table(
    title: str,
    rows: list[tuple[int, LayerRow]],
    most: int,
    whole: int,
    shown: Callable[[float], str],
    listed: frozenset[Anchor],
) -> Iterator[str]:
    yield f'<table class="bars"><caption class="hidden">{title} by layer</caption><thead class="hidden"><tr>'
    yield '<th scope="col">layer</th><th scope="col">number</th><th scope="col">share</th></tr></thead><tbody>\n'
    for value, row in rows:
        label = name(row.label, 60)
        if row.anchor in listed:
            label = f"<a href=#l-{row.anchor}>{label}</a>"
        yield f"<tr><th scope=row>{label}{bar(value, most)}"
        yield f'<td class=n>{escaped(shown(value))}<td class="n faint">{share(value, whole)}\n'
    yield "</tbody></table>\n"


def _treemap(picture: Picture) -> Iterator[str]:
    numbers = [(row, value) for row in picture.layers if (value := row.numbers.learnable or row.parameters)]
    what = "parameters"
    if not numbers:
        numbers = [(row, row.numbers.macs) for row in picture.layers if row.numbers.macs]
        what = "MACs"
    if len(numbers) < 2:
        return
    by, groups = _grouped(numbers)
    whole = sum(value for _, value in numbers)
    blocks = [_block(label, rows) for label, rows in groups.items()]
    blocks.sort(key=lambda block: -block.value)
    rest = blocks[_MOST_BLOCKS:]
    blocks = blocks[:_MOST_BLOCKS]
    if rest:
        blocks.append(Block(f"{len(rest):,} more", sum(block.value for block in rest)))
    title = f"{what} by {by}: {', '.join(f'{b.label} {share(b.value, whole)}' for b in blocks[:5])}"
    yield f"<h3>{what[0].upper()}{what[1:]} by {by}</h3>\n"
    yield from ("<figure>", *treemap(blocks, visible(title, 500)), "</figure>\n")
    yield f'<details><summary>The numbers</summary><table><thead><tr><th scope="col">{by}</th>'
    yield f'<th scope="col" class="n">{what}</th><th scope="col" class="n">share</th></tr></thead><tbody>\n'
    for block in blocks:
        yield f'<tr><th scope="row">{name(block.label)}</th><td class="n">{block.value:,.0f}</td>'
        yield f'<td class="n">{share(block.value, whole)}</td></tr>\n'
    yield "</tbody></table></details>\n"


def _grouped(numbers: list[tuple[LayerRow, int]]) -> tuple[str, dict[str, list[tuple[str, int]]]]:
    """The layers by the beginnings of their names where these part them, else by operator."""
    paths = [(tuple(filter(None, _PARTS.split(row.label[:400]))), row, value) for row, value in numbers]
    depth = 0
    while all(len(path) > depth + 1 for path, _, _ in paths) and len({path[depth] for path, _, _ in paths}) == 1:
        depth += 1
    groups: dict[str, list[tuple[str, int]]] = {}
    for path, row, value in paths:
        groups.setdefault(path[depth] if len(path) > depth + 1 else "", []).append(
            ("/".join(path[depth + 1 :]) or row.label, value)
        )
    if (
        len(groups) > 1
        and len(groups.get("", ())) <= len(numbers) // 4
        and len(groups) <= min(_MOST_GROUPS, max(2, len(numbers) // 2))
    ):
        alone = groups.pop("", [])
        return "block", {**groups, **{label: [(label, value)] for label, value in alone}}
    groups = {}
    for row, value in numbers:
        groups.setdefault(row.op_type, []).append((row.label, value))
    return "operator", groups


def _block(label: str, rows: list[tuple[str, int]]) -> Block:
    rows = sorted(rows, key=lambda pair: -pair[1])
    parts = [Block(text, value) for text, value in rows[:_MOST_PARTS]]
    if len(rows) > _MOST_PARTS:
        parts.append(Block(f"{len(rows) - _MOST_PARTS:,} more", sum(value for _, value in rows[_MOST_PARTS:])))
    return Block(label, sum(value for _, value in rows), tuple(parts) if len(rows) > 1 else ())
