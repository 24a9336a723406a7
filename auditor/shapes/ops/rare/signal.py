"""Fourier transforms. Runtimes compute them fast, not as dense products: they count no multiply-accumulates."""

from __future__ import annotations

from ...fact import Answer, Fact, ShapeError, show
from ...registry import op
from ...sizes.dim import Size, floor_div, same
from ..checks import of_rank, size_text


@op("DFT", since=20)
def dft(
    input: Fact, dft_length: Fact | None = None, axis: Fact | None = None, *, inverse: int = 0, onesided: int = 0
) -> Answer:
    """https://onnx.ai/onnx/operators/onnx__DFT.html"""
    at = -2 if axis is None else axis.elements[0] if axis.elements else None
    return _dft(input, dft_length, at if isinstance(at, int) else None, inverse, onesided, "")


@op("DFT", since=17)
def dft_17(
    input: Fact, dft_length: Fact | None = None, *, axis: int = 1, inverse: int = 0, onesided: int = 0
) -> Answer:
    """The axis is an attribute, and by default the first behind the batch."""
    return _dft(input, dft_length, axis, inverse, onesided, "axis")


def _dft(x: Fact, dft_length: Fact | None, axis: int | None, inverse: int, onesided: int, attribute: str) -> Answer:
    """The last axis holds a number's real and imaginary part, or the real one alone."""
    if x.shape is None:
        return Answer((x.unknown(),))
    rank = len(x.shape)
    if rank < 2:
        raise ShapeError(f"the input must have a signal and a last axis, has shape {show(x.shape)}", parameter="input")
    _parts(x.shape[-1], inverse, onesided)
    y = list(x.shape)
    y[-1] = 1 if inverse and onesided else 2
    if axis is None:  # any but the last may change
        return Answer((x.shaped(*(None,) * (rank - 1), y[-1]),))
    if not -rank <= axis < rank - 1 or axis == -1:
        raise ShapeError(
            f"axis {axis} is outside the signal of rank {rank}",
            attribute=attribute,
            parameter="" if attribute else "axis",
        )
    length = y[axis]
    if dft_length is not None:
        length = number(dft_length)
    elif inverse and onesided and length is not None:
        length = 2 * (length - 1)
    places = half(length) if onesided and not inverse else length
    y[axis] = places
    return Answer((x.shaped(*y),), formula=lambda: f"{size_text(length)} samples to {size_text(places)}")


def _parts(last: Size | None, inverse: int, onesided: int) -> None:
    if last is None:
        return
    if same(last, 1) is False and same(last, 2) is False:
        raise ShapeError(f"the last axis holds a real or a complex number, has size {last}", parameter="input")
    if onesided and not inverse and same(last, 1) is False:
        raise ShapeError("a one-sided transform is of a real signal, the input is complex", attribute="onesided")
    if onesided and inverse and same(last, 2) is False:
        raise ShapeError("the inverse of a one-sided transform needs a complex input", attribute="onesided")


@op("STFT", since=17)
def stft(
    signal: Fact,
    frame_step: Fact,
    window: Fact | None = None,
    frame_length: Fact | None = None,
    *,
    onesided: int = 1,
) -> Answer:
    """Frames of a signal (N, samples, 1 or 2), each transformed. https://onnx.ai/onnx/operators/onnx__STFT.html"""
    if signal.shape is None:
        batch = samples = None
    elif len(signal.shape) in (2, 3):  # runtimes take a real signal without its last axis too
        batch, samples = signal.shape[:2]
    else:
        raise ShapeError(f"the signal must have rank 3, has shape {show(signal.shape)}", parameter="signal")
    length = samples
    if window is not None:
        length = of_rank(window, 1, "window")[0]
    if frame_length is not None:
        length = number(frame_length) if length is None or window is None else length
    step = number(frame_step)
    frames = None
    if samples is not None and length is not None and isinstance(step, int) and step > 0:
        frames = floor_div(samples - length, step)
        frames = None if frames is None else frames + 1
    bins = half(length) if onesided else length
    return Answer(
        (Fact(signal.dtype, (batch, frames, bins, 2)),),
        formula=lambda: (
            f"floor(({size_text(samples)} - {size_text(length)}) / {size_text(step)}) + 1 = {size_text(frames)} frames"
        ),
    )


def half(length: Size | None) -> Size | None:
    """The bins of a one-sided spectrum."""
    return None if length is None else length // 2 + 1


def number(x: Fact) -> Size | None:
    """The value of a scalar that is a size."""
    value = x.elements[0] if x.elements else None
    return None if isinstance(value, float | str | bool) else value
