"""Places inside of the model at which NaN or infinity is born, by a look in depth.

## What it does
With `--deep`, or `--deep-part nonfinite`, looks at every tensor of floating point: on the run's inputs and the golden
vectors, on others like them, on zeros and ones, on masks that let nothing or all through, and at the ends of ranges
that are given. Names the first tensor that is NaN or infinite, its node, and what came into that node, where an output
shows it or something is decided by it (an ArgMax, a comparison, a Relu that makes zero of NaN). A warning where given
inputs show it, or all usual ones, or NaN comes of an input that nobody can forbid; else a note. An infinity that is
stored, or comes as an input, is meant; so is NaN that a Where takes out again; a logarithm's argument that a caller
gives as it is, is the caller's.

## Why it matters
An output that is NaN is seen; where it comes from is not, and NaN that an ArgMax made an index of is not seen at all.
A row of attention that is masked altogether, a picture of one colour, a silent recording: each comes in time.

## Fires on
```onnx
# A row that is masked altogether: a softmax of -inf alone (microsoft/onnxscript#2479).
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, L, 8] q, bool[N, L, L] mask) => (float[N, L, L] y) <float least = {-inf}> {
  k = Transpose<perm = [0, 2, 1]>(q)
  s = MatMul(q, k)
  m = Where(mask, s, least)
  y = Softmax<axis = -1>(m)
}
```
```onnx
# The mean of what the mask lets through: 0 / 0 where that is nothing (microsoft/onnxruntime#4911).
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, L, 4] x, int64[N, L] mask) => (float[N, 4] y) <int64[1] last = {-1}, int64[1] one = {1}> {
  f = Cast<to = 1>(mask)
  w = Unsqueeze(f, last)
  p = Mul(x, w)
  s = ReduceSum<keepdims = 0>(p, one)
  n = ReduceSum<keepdims = 0>(w, one)
  y = Div(s, n)
}
```
```onnx
# The logarithm of an energy: silence has none (onnx/onnx-mlir#1888).
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x) => (float[N, 8] y) <int64[1] last = {-1}> {
  q = Mul(x, x)
  l = Log(q)
  m = ReduceMean<axes = [-1]>(l)
  y = Sub(l, m)
}
```
```onnx
# A picture of one colour has no span (facebookresearch/pytorch_GAN_zoo#89).
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x) => (float[N, 8] y) {
  low = ReduceMin<axes = [-1]>(x)
  high = ReduceMax<axes = [-1]>(x)
  d = Sub(x, low)
  span = Sub(high, low)
  y = Div(d, span)
}
```
```onnx
# A vector of zeros has no direction (FlyingGiraffe/vnn#4); the class that comes of it looks like any other.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x) => (int64[N, 1] y) {
  n = ReduceL2<axes = [-1]>(x)
  d = Div(x, n)
  y = ArgMax<axis = -1>(d)
}
```
```onnx
# A variance as the difference of two means: below zero by rounding (microsoft/onnxruntime#21935).
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 256] x) => (float[N, 256] y) <float scale = {1234.567}> {
  z = Mul(x, scale)
  mu = ReduceMean<axes = [-1]>(z)
  q = Mul(z, z)
  mq = ReduceMean<axes = [-1]>(q)
  m2 = Mul(mu, mu)
  v = Sub(mq, m2)
  sd = Sqrt(v)
  d = Sub(z, mu)
  y = Div(d, sd)
}
```
```onnx
# A sum in float16 before it is divided (microsoft/onnxconverter-common#323).
<ir_version: 8, opset_import: ["" : 17]>
agraph (float16[N, 16] x) => (float16[N, 1] y)
<float16[1] large = {30208}, int64[1] last = {-1}> {
  z = Mul(x, large)
  s = ReduceSum(z, last)
  t = ReduceSum(s, last)
  y = Sub(s, t)
}
```

## Quiet on
```onnx
# The largest finite number in place of -inf, or what is NaN taken out again.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, L, 8] q, bool[N, L, L] mask) => (float[N, L, L] y, float[N, L, L] z)
<float least = {-3.4e38}, float none = {-inf}, float zero = {0}> {
  k = Transpose<perm = [0, 2, 1]>(q)
  s = MatMul(q, k)
  m = Where(mask, s, least)
  y = Softmax<axis = -1>(m)
  h = Where(mask, s, none)
  p = Softmax<axis = -1>(h)
  bad = IsNaN(p)
  z = Where(bad, zero, p)
}
```
```onnx
# The count is at least a little.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, L, 4] x, int64[N, L] mask) => (float[N, 4] y)
<int64[1] last = {-1}, int64[1] one = {1}, float little = {1e-9}> {
  f = Cast<to = 1>(mask)
  w = Unsqueeze(f, last)
  p = Mul(x, w)
  s = ReduceSum<keepdims = 0>(p, one)
  n = ReduceSum<keepdims = 0>(w, one)
  c = Clip(n, little)
  y = Div(s, c)
}
```
```onnx
# The same with an epsilon each: the logarithm, the span, the length, the variance.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 8] x) => (float[N, 8] a, float[N, 8] b, int64[N, 1] c, float[N, 8] d)
<float eps = {1e-5}> {
  q = Mul(x, x)
  qe = Add(q, eps)
  a = Log(qe)
  low = ReduceMin<axes = [-1]>(x)
  high = ReduceMax<axes = [-1]>(x)
  e = Sub(x, low)
  span = Sub(high, low)
  spane = Add(span, eps)
  b = Div(e, spane)
  n = ReduceL2<axes = [-1]>(x)
  ne = Max(n, eps)
  u = Div(x, ne)
  c = ArgMax<axis = -1>(u)
  mu = ReduceMean<axes = [-1]>(x)
  f = Sub(x, mu)
  g = Mul(f, f)
  v = ReduceMean<axes = [-1]>(g)
  ve = Add(v, eps)
  sd = Sqrt(ve)
  d = Div(f, sd)
}
```
```onnx
# A divisor that the caller gives is the caller's; infinities that are meant; a sigmoid that divides by infinity.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[N, 4] x, float[N, 1] scale, bool[N, 4] open) => (float[N, 4] y, int64[N, 1] c, float[N, 4] g)
<float none = {-inf}, float one = {1}, float thousand = {-1000}> {
  y = Div(x, scale)
  m = Where(open, x, none)
  c = ArgMax<axis = -1>(m)
  t = Mul(x, thousand)
  n = Neg(t)
  e = Exp(n)
  f = Add(e, one)
  g = Reciprocal(f)
}
```

```onnx
# In float16 the mean before the sum.
<ir_version: 8, opset_import: ["" : 17]>
agraph (float16[N, 16] x) => (float16[N, 1] y)
<float16[1] large = {30208}, int64[1] last = {-1}> {
  z = Mul(x, large)
  s = ReduceMean<axes = [-1]>(z)
  t = ReduceMean<axes = [-1]>(s)
  y = Sub(s, t)
}
```

## How to fix
At a softmax write the mask as a large finite number, or take out rows that nothing is open in. At a division or a
logarithm add an epsilon, or clip. Where a number outgrew its type, rescale, or keep the layer in a wider one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.kind import Symptom
from ..model.graph import Model
from ..report import Basis, Found, Location, Severity
from . import rule

if TYPE_CHECKING:
    from ..evidence.deep.nonfinite import FaultyInside, Nonfinite
    from ..runtime.deep.traced import Came

_FIXES = {
    "Softmax": "write the mask as a large finite number, or take out rows that nothing is open in",
    "LogSoftmax": "write the mask as a large finite number, or take out rows that nothing is open in",
    "Div": "add an epsilon to the divisor, or clip it",
    "Reciprocal": "add an epsilon to the argument, or clip it",
    "Log": "add an epsilon to the argument, or clip it",
    "Sqrt": "clip the argument at zero; a variance is the mean of squared differences",
}
_OTHER = "clip or rescale what goes in, or keep it in a wider type"


@rule(Severity.WARNING, Basis.SUSPICIOUS, explains=(Symptom.NOT_FINITE,))
def nonfinite_inside(model: Model, nonfinite: Nonfinite) -> Iterator[Found]:
    from ..evidence.deep.nonfinite import reach

    graph = model.graph
    for fault in nonfinite.faults:
        bad = fault.bad
        at = graph.producers.get(bad.tensor)
        if at is None:
            continue
        node, label = graph.nodes[at], graph.label(at)
        count = bad.nan or bad.infinite
        what = "NaN" if bad.nan else "infinite"
        came = "; ".join(map(_came, bad.came))
        since = f"; NaN since {bad.nan_since!r}" if bad.nan_since else ""
        yield Found(
            f"{label}: {bad.tensor!r} is {what} in {count:,} of {bad.elements:,} elements {_on(fault)}; "
            f"in came {came or 'nothing that is stored'}{since}; {reach(fault.tried)}",
            Location("", label, node.op_type, bad.tensor, offset=node.offset),
            _FIXES.get(node.op_type, _OTHER),
            expected="finite numbers",
            actual=bad.value,
            severity=_severity(fault),
            witness=fault.witness,
        )


def _severity(fault: FaultyInside) -> Severity:
    """What only some inventions show is bad luck; an infinity alone may be meant."""
    from ..evidence.deep.nonfinite import USUAL

    if fault.real:
        return Severity.WARNING
    if fault.kind == USUAL and fault.shown < fault.tries:
        return Severity.NOTE
    return Severity.WARNING if fault.is_nan else Severity.NOTE


def _on(fault: FaultyInside) -> str:
    """``on zeros``; ``on invented inputs, in 2 of 3 tries``."""
    several = f", in {fault.shown} of {fault.tries} tries" if fault.tries > 1 and fault.kind == "usual" else ""
    return f"on {', '.join(fault.words[:3])}{several}"


def _came(came: Came) -> str:
    """``ms in [-inf, -inf] (-inf, -inf)``."""
    if came.nan == came.elements:
        reach = "NaN throughout"
    elif came.nan + came.infinite == came.elements:
        reach = "not finite throughout"
    else:
        reach = f"in [{came.low:.5g}, {came.high:.5g}]"
        if came.nan or came.infinite:
            reach += f" and {came.nan + came.infinite:,} not finite"
    values = ", ".join(f"{value:.5g}" for value in came.values)
    return f"{came.tensor!r} {reach} (there {values})"
