"""Plots by arithmetic: how high, how wide, how large."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from auditor.drawing.markup import compact, escaped, name, percent, share
from auditor.drawing.plots.bands import band_plot
from auditor.drawing.plots.bars import bar, stacked
from auditor.drawing.plots.memory import memory_plot
from auditor.drawing.plots.sizes import sizes_plot
from auditor.drawing.plots.sparkline import sparkline
from auditor.drawing.plots.treemap import Area, Block, squarified, treemap
from auditor.drawing.plots.trend import TrendBar, trend_plot

HOSTILE = "<script>\"'&\u202e"


def test_tiles_fill_their_area_in_proportion() -> None:
    """The example of Bruls, Huizing and van Wijk (2000): 6, 6, 4, 3, 2, 2, 1 in 6 x 4."""
    values = [6, 6, 4, 3, 2, 2, 1]
    tiles = squarified(values, Area(0, 0, 6, 4))
    assert [round(tile.width * tile.height, 9) for tile in tiles] == values
    assert tiles[0] == Area(0, 0, 3, 2) and tiles[1] == Area(0, 2, 3, 2)  # their figure: the first two at the left
    assert [(round(t.width, 4), round(t.height, 4)) for t in tiles[2:4]] == [(1.7143, 2.3333), (1.2857, 2.3333)]
    for tile in tiles:
        assert tile.x >= -1e-9 and tile.y >= -1e-9
        assert tile.x + tile.width <= 6 + 1e-9 and tile.y + tile.height <= 4 + 1e-9


@pytest.mark.parametrize("values", [[], [0, 0], [5], [3, 0], [1] * 300, [10**30, 1]])
def test_odd_values_have_tiles(values: list[float]) -> None:
    tiles = squarified(values, Area(0, 0, 100, 40))
    assert len(tiles) == len(values)
    assert all(tile.width >= 0 and tile.height >= 0 for tile in tiles)
    assert sum(tile.width * tile.height for tile in tiles) == pytest.approx(4000 if sum(values) else 0)


def test_a_treemap_names_its_blocks() -> None:
    blocks = [Block("a", 30, (Block("a/x", 20), Block("a/y", 10))), Block(HOSTILE, 10)]
    drawn = ElementTree.fromstring("".join(treemap(blocks, "parts")))
    titles = [element.text for element in drawn.iter("title")]
    assert titles[1:3] == ["a: 30 (75.0 %)", "a/x: 20 (50.0 %)"]
    assert titles[-1] == "<script>\"'&\\u202e: 10 (25.0 %)"


def test_the_peak_is_where_it_is_highest() -> None:
    drawn = ElementTree.fromstring("".join(memory_plot((0, 512, 2048, 1024), "title")))
    circle = drawn.find("circle")
    assert circle is not None and circle.get("cx") == "62.5%"  # the middle of the third of four steps
    path = drawn.find("svg/path")
    assert path is not None and path.get("d") == "M0 1000V1000h1v-215h1v-645h1v430h1V1000z"  # of 860 for the peak
    assert "2.0 KiB" in [element.text for element in drawn.iter("text")]


def test_of_a_long_walk_the_peak_is_kept() -> None:
    alive = [1] * 50_000
    alive[33_333] = 1000
    text = "".join(memory_plot(alive, "title"))
    assert len(text) < 20_000
    assert "v-859h1v859" in text  # of 860; 1 of 1000 is 1


@pytest.mark.parametrize("alive", [(), (0,), (0, 0), (5,)])
def test_a_walk_of_nothing(alive: tuple[int, ...]) -> None:
    ElementTree.fromstring("".join(memory_plot(alive, "title")))


def test_bars_are_parts_of_the_whole() -> None:
    assert 'width="25%"' in bar(1, 4) and 'width="0%"' in bar(0, 0)
    drawn = ElementTree.fromstring(stacked([("a", 3), ("b", 1)], "t"))
    assert [(r.get("x"), r.get("width")) for r in drawn] == [("0%", "75%"), ("75%", "25%")]


def test_bands_lie_one_inside_the_other() -> None:
    text = "".join(band_plot([(-3, -2, -1, 0, 1, 2, 3)], "t"))
    paths = re.findall(r'class="band-\d" d="M1 (\d+)h8V(\d+)h-8z"', text)
    assert paths == [("0", "1000"), ("167", "833"), ("333", "667")]
    assert 'class="middle" d="M1 500h8"' in text


def test_one_tensor_far_out_does_not_flatten_the_others() -> None:
    usual = (-1.0, -0.5, -0.2, 0.0, 0.2, 0.5, 1.0)
    text = "".join(band_plot([usual] * 9 + [(-1e6, 0, 0, 0, 0, 0, 1e6)], "t"))
    assert ">6<" in text and ">-6<" in text
    assert "".join(band_plot([(0.0,) * 7], "t"))


def test_sizes_stand_on_a_logarithmic_line() -> None:
    drawn = ElementTree.fromstring(sizes_plot([(64, 128, 1)], 32, "t"))
    rects = {str(r.get("class")): r for r in drawn.iter("rect")}
    begin, width = (float(str(rects["fits"].get(key)).rstrip("%")) for key in ("x", "width"))
    mark = float(str(next(drawn.iter("line")).get("x1")).rstrip("%"))
    # The line goes from 32 / 1.5 to 128 * 1.5, which is 9 times as far: log2(9) = 3.17 octaves.
    assert mark == pytest.approx(18.45, abs=0.1)  # log2(1.5) / log2(9)
    assert begin == pytest.approx(49.6, abs=0.2) and width == pytest.approx(32.0, abs=0.5)
    assert [t.text for t in drawn.iter("text")] == ["64", "128", "now 32"]


def test_a_line_over_time() -> None:
    drawn = ElementTree.fromstring(sparkline([1, 3, 2], HOSTILE))
    line = drawn.find("polyline")
    assert line is not None and line.get("points") == "4,22 60,6 116,14"
    assert sparkline([1, 1], "t") and sparkline([1], "t")


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (999, "999"), (1000, "1.0 k"), (61_706, "61.7 k"), (3.9e9, "3.9 G"), (0.125, "0.125")]
)
def test_short_numbers(value: float, text: str) -> None:
    assert compact(value) == text


def test_nothing_in_a_text_is_markup() -> None:
    assert escaped('<a href="x">&') == "&lt;a href=&quot;x&quot;&gt;&amp;"
    assert name("\x00\u202e") == "\\x00\\u202e" and len(name("x" * 1000)) == 120
    assert percent(1, 3) == "33.33%" and share(1, 3) == "33.3 %" and share(1, 10**6) == "< 0.1 %"


def test_a_trend_is_a_column_for_each_audit_with_its_errors_at_the_bottom() -> None:
    drawn = "".join(trend_plot([TrendBar("1", 2, 2, 0), TrendBar("2", 0, 0, 0), TrendBar("3", 1, 0, 1)], "a <title>"))
    paths = re.findall(r'<path class="(\w+)" d="M(\d+) (\d+)h8[Vv](\d+)', drawn)
    assert [(kind, int(x) // 10) for kind, x, _, _ in paths] == [
        ("error", 0), ("warning", 0), ("clean", 1), ("error", 2), ("note", 2)
    ]  # fmt: skip
    (_, _, high, low), (_, _, higher, _) = paths[:2]
    assert low == "1000" and int(high) == 1000 - 430 and int(higher) == 1000 - 860  # half of the greatest, each
    assert "a &lt;title&gt;" in drawn and ElementTree.fromstring(drawn) is not None
    assert "".join(trend_plot([], "nothing"))
