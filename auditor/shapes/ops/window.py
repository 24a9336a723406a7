"""How a window slides along one axis: the arithmetic of convolution and pooling, and how it is written out."""

from collections.abc import Iterable
from functools import lru_cache

from ...tuples import NamedTuple
from ..fact import Shape, ShapeError, show
from ..sizes.dim import Size
from .checks import grouped, size_text

Numbers = tuple[int, ...]


class Window(NamedTuple):
    """A window along one axis."""

    kernel: Size | None
    stride: int
    dilation: int
    before: int  # padding in front of the data, and behind it
    after: int
    auto_pad: str
    ceil_mode: int

    @property
    def reach(self) -> Size | None:
        """From the window's first element to its last."""
        return None if self.kernel is None else (self.kernel - 1) * self.dilation + 1

    def places(self, size: Size | None) -> Size | None:
        """How many places the window takes; below 1 where it is larger than the padded data.

        With ceil_mode, a last window that would start in the end padding is dropped:
        min(ceil(room / stride) + 1, ceil((size + before) / stride)), here in one division. Under VALID the
        specification knows no ceil_mode and onnxruntime does: known only where both say the same.
        """
        kernel, stride, dilation, before, after, auto_pad, ceil_mode = self
        if size is None:
            return None
        if auto_pad[:4] == "SAME":
            return (size + stride - 1) // stride
        if kernel is None:
            return None
        reach = (kernel - 1) * dilation + 1
        down = (size + before + after - reach) // stride + 1
        if not ceil_mode:
            return down
        assert isinstance(reach, int)  # pools have their kernel in an attribute
        up = (size + before + min(after + stride - reach, 0) + stride - 1) // stride
        return up if auto_pad != "VALID" or up == down else None

    def arithmetic(self, size: Size | None) -> str:
        """`places` for a reader, with its numbers: ``floor((224 + 2*2 - 11) / 4) + 1 = 55``."""
        _, stride, _, before, after, auto_pad, ceil_mode = self
        places = "?" if (n := self.places(size)) is None else n
        if auto_pad[:4] == "SAME":
            return (
                f"ceil({grouped(size)} / {stride}) = {places}" if stride > 1 else f"{size_text(size)}, padded to stay"
            )
        inside = f"{size_text(size)}{_padding(before, after, '+')} - {self._spread()}"
        reach = self.reach
        if ceil_mode and isinstance(reach, int) and after + stride > reach:  # or one would start in the end padding
            padded = f"({size_text(size)} + {before})" if before else grouped(size)
            return f"ceil({padded} / {stride}) = {places}, as no window starts in the end padding"
        if stride == 1:
            return f"{inside} + 1 = {places}"
        return f"{'ceil' if ceil_mode else 'floor'}(({inside}) / {stride}) + 1 = {places}"

    def spread(self, size: Size | None, extra: int) -> Size | None:
        """The axis that a transposed convolution makes of ``size`` places."""
        if size is None or size == 0:
            return None
        reach = self.reach
        if self.auto_pad[:4] == "SAME":
            # A kernel shorter than its stride would need padding below 0: the specification does not mind, runtimes do.
            return size * self.stride if isinstance(reach, int) and reach + extra >= self.stride else None
        return None if reach is None else (size - 1) * self.stride + reach + extra - self.before - self.after

    def spread_arithmetic(self, size: Size | None, extra: int) -> str:
        """`spread` for a reader: ``2*(112 - 1) + 3 - 2*1 + 1 = 224``."""
        places = "?" if (n := self.spread(size, extra)) is None else n
        if self.auto_pad[:4] == "SAME":
            return f"{grouped(size)} * {self.stride} = {places}"
        front = f"{size_text(size)} - 1" if self.stride == 1 else f"{self.stride}*({size_text(size)} - 1)"
        padding = _padding(self.before, self.after, "-")
        return f"{front} + {self._spread()}{padding}{f' + {extra}' if extra else ''} = {places}"

    def _spread(self) -> str:
        if self.dilation == 1:
            return grouped(self.kernel)
        return f"({self.dilation}*({size_text(self.kernel)} - 1) + 1)"


@lru_cache(maxsize=512)
def windows(
    rank: int,
    kernel: Shape,
    auto_pad: str,
    dilations: Numbers | None,
    pads: Numbers | None,
    strides: Numbers | None,
    ceil_mode: int = 0,
) -> tuple[Window, ...]:
    """A window for each spatial axis, from the attributes as ONNX writes them; pads beside an auto_pad do not count."""
    strides = strides or (1,) * rank
    dilations = dilations or (1,) * rank
    pads = pads or (0,) * 2 * rank
    for name, values, length in (
        ("kernel_shape", kernel, rank),
        ("strides", strides, rank),
        ("dilations", dilations, rank),
        ("pads", pads, 2 * rank),
    ):
        if len(values) != length:
            count = "1 number" if len(values) == 1 else f"{len(values)} numbers"
            raise ShapeError(f"{name} has {count} for {rank} spatial axes, needs {length}", attribute=name)
        if name != "pads" and not all(not isinstance(v, int) or v > 0 for v in values):
            raise ShapeError(f"{name} must be positive, is {show(values)}", attribute=name)
        if name == "pads" and min(pads, default=0) < 0:
            raise ShapeError(f"pads must not be negative, is {show(pads)}", attribute="pads")
    if not auto_pad:  # a word that there is not, and every runtime takes it so
        auto_pad = "NOTSET"
    if auto_pad not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
        raise ShapeError(f"auto_pad is {auto_pad!r}", attribute="auto_pad")
    if auto_pad != "NOTSET":
        pads = (0,) * 2 * rank
    return tuple(
        Window(kernel[i], strides[i], dilations[i], pads[i], pads[i + rank], auto_pad, ceil_mode) for i in range(rank)
    )


def each_once(lines: Iterable[str]) -> str:
    """Axes with the same numbers are written once."""
    return "; ".join(dict.fromkeys(lines))


def _padding(before: int, after: int, sign: str) -> str:
    if before == after:
        return f" {sign} 2*{before}" if before else ""
    return "".join(f" {sign} {n}" for n in (before, after) if n)
