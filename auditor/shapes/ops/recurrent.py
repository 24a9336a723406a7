"""Recurrent layers: RNN, GRU and LSTM, one arithmetic with one, three and four gates."""

from __future__ import annotations

from ...tuples import NamedTuple
from ..fact import Answer, Exact, Fact, Need, ShapeError
from ..registry import op
from ..sizes.dim import Size
from .checks import check_lengths, of_rank, tally

_DIRECTIONS = {"forward": 1, "foward": 1, "reverse": 1, "bidirectional": 2}
"""GRU's first version spells its own default wrong."""


@op("RNN", since=14)
def rnn(
    x: Fact,
    w: Fact,
    r: Fact,
    b: Fact | None = None,
    sequence_lens: Fact | None = None,
    initial_h: Fact | None = None,
    *,
    direction: str = "forward",
    hidden_size: int | None = None,
    layout: int = 0,
) -> Answer:
    """https://onnx.ai/onnx/operators/onnx__RNN.html"""
    return _Layer.from_weights(x, r, 1, direction, hidden_size, layout).answer(x, sequence_lens)


@op("RNN")
def rnn_1(
    x: Fact,
    w: Fact,
    r: Fact,
    b: Fact | None = None,
    sequence_lens: Fact | None = None,
    initial_h: Fact | None = None,
    *,
    direction: str = "forward",
    hidden_size: int | None = None,
) -> Answer:
    return _Layer.from_weights(x, r, 1, direction, hidden_size).answer(x, sequence_lens)


@op("GRU", since=14)
def gru(
    x: Fact,
    w: Fact,
    r: Fact,
    b: Fact | None = None,
    sequence_lens: Fact | None = None,
    initial_h: Fact | None = None,
    *,
    direction: str = "forward",
    hidden_size: int | None = None,
    layout: int = 0,
) -> Answer:
    """https://onnx.ai/onnx/operators/onnx__GRU.html"""
    return _Layer.from_weights(x, r, 3, direction, hidden_size, layout).answer(x, sequence_lens)


@op("GRU", since=3)
def gru_3(
    x: Fact,
    w: Fact,
    r: Fact,
    b: Fact | None = None,
    sequence_lens: Fact | None = None,
    initial_h: Fact | None = None,
    *,
    direction: str = "forward",
    hidden_size: int | None = None,
) -> Answer:
    return _Layer.from_weights(x, r, 3, direction, hidden_size).answer(x, sequence_lens)


@op("GRU")
def gru_1(
    x: Fact,
    w: Fact,
    r: Fact,
    b: Fact | None = None,
    sequence_lens: Fact | None = None,
    initial_h: Fact | None = None,
    *,
    direction: str = "foward",
    hidden_size: int | None = None,
) -> Answer:
    return _Layer.from_weights(x, r, 3, direction, hidden_size).answer(x, sequence_lens)


@op("LSTM", since=14)
def lstm(
    x: Fact,
    w: Fact,
    r: Fact,
    b: Fact | None = None,
    sequence_lens: Fact | None = None,
    initial_h: Fact | None = None,
    initial_c: Fact | None = None,
    p: Fact | None = None,
    *,
    direction: str = "forward",
    hidden_size: int | None = None,
    layout: int = 0,
) -> Answer:
    """https://onnx.ai/onnx/operators/onnx__LSTM.html"""
    return _lstm(x, sequence_lens, _Layer.from_weights(x, r, 4, direction, hidden_size, layout))


@op("LSTM")
def lstm_1(
    x: Fact,
    w: Fact,
    r: Fact,
    b: Fact | None = None,
    sequence_lens: Fact | None = None,
    initial_h: Fact | None = None,
    initial_c: Fact | None = None,
    p: Fact | None = None,
    *,
    direction: str = "forward",
    hidden_size: int | None = None,
) -> Answer:
    return _lstm(x, sequence_lens, _Layer.from_weights(x, r, 4, direction, hidden_size))


@op("DynamicQuantizeLSTM", domain="com.microsoft")
def dynamic_quantize_lstm(
    x: Fact,
    w: Fact,
    r: Fact,
    b: Fact | None = None,
    sequence_lens: Fact | None = None,
    initial_h: Fact | None = None,
    initial_c: Fact | None = None,
    p: Fact | None = None,
    w_scale: Fact | None = None,
    w_zero_point: Fact | None = None,
    r_scale: Fact | None = None,
    r_zero_point: Fact | None = None,
    *,
    direction: str = "forward",
    hidden_size: int | None = None,
) -> Answer:
    """onnxruntime's LSTM of integer weights, which it keeps transposed: features or hidden states by gates.

    https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.DynamicQuantizeLSTM
    """
    directions, hidden, rows = of_rank(r, 3, "r")
    layer = _Layer.from_weights(x, r.shaped(directions, rows, hidden), 4, direction, hidden_size)
    answer = _lstm(x, sequence_lens, layer)
    gates = tally(4, layer.hidden)
    transposed: dict[str, Need] = {
        "w": Exact((layer.directions, layer.features, gates), "learnable"),
        "r": Exact((layer.directions, layer.hidden, gates), "learnable"),
    }
    return answer._replace(needs={**answer.needs, **transposed})


def _lstm(x: Fact, sequence_lens: Fact | None, layer: _Layer) -> Answer:
    """The cell has a state of its own, of the hidden one's shape, and peepholes for three of the gates."""
    answer = layer.answer(x, sequence_lens)
    y, y_h = answer.outputs
    peepholes = Exact((layer.directions, tally(3, layer.hidden)), "learnable")
    return answer._replace(
        outputs=(y, y_h, y_h),
        needs={**answer.needs, "initial_c": Exact(layer.state), "p": peepholes},
    )


class _Layer(NamedTuple):
    """The sizes of one recurrent layer."""

    steps: Size | None
    batch: Size | None
    features: Size | None
    directions: int
    gates: int
    hidden: Size | None
    batch_first: bool

    @classmethod
    def from_weights(
        cls, x: Fact, r: Fact, gates: int, direction: str, hidden_size: int | None, layout: int = 0
    ) -> _Layer:
        """Where the hidden size is not said, R has it as its last."""
        if direction not in _DIRECTIONS:
            raise ShapeError(f"direction {direction!r} is not forward, reverse or bidirectional", attribute="direction")
        if layout not in (0, 1):
            raise ShapeError(f"layout must be 0 or 1, is {layout}", attribute="layout")
        if hidden_size is not None and hidden_size < 1:
            raise ShapeError(f"hidden_size must be positive, is {hidden_size}", attribute="hidden_size")
        steps, batch, features = of_rank(x, 3, "x")
        if layout:
            steps, batch = batch, steps
        hidden = of_rank(r, 3, "r")[2] if hidden_size is None else hidden_size
        return cls(steps, batch, features, _DIRECTIONS[direction], gates, hidden, layout == 1)

    @property
    def state(self) -> tuple[Size | None, ...]:
        """The shape of a state, as it comes in and goes out."""
        if self.batch_first:
            return self.batch, self.directions, self.hidden
        return self.directions, self.batch, self.hidden

    def answer(self, x: Fact, sequence_lens: Fact | None) -> Answer:
        """Y, Y_h; W and R are the weights of all gates, one under the other, B the biases of both."""
        check_lengths(sequence_lens, self.steps)
        rows = tally(self.gates, self.hidden)
        y = (
            (self.batch, self.steps, self.directions, self.hidden)
            if self.batch_first
            else (self.steps, self.directions, self.batch, self.hidden)
        )
        needs: dict[str, Need] = {
            "w": Exact((self.directions, rows, self.features), "learnable"),
            "r": Exact((self.directions, rows, self.hidden), "learnable"),
            "b": Exact((self.directions, tally(2, rows)), "learnable"),
            "sequence_lens": Exact((self.batch,)),
            "initial_h": Exact(self.state),
        }
        each_step = None if self.features is None or self.hidden is None else tally(rows, self.features + self.hidden)
        return Answer(
            (x.shaped(*y), x.shaped(*self.state)),
            needs,
            tally(self.steps, self.batch, self.directions, each_step),
            lambda: (
                f"{self.steps} steps, {self.features} features in, {self.hidden} hidden, {self.directions} direction(s)"
            ),
        )
