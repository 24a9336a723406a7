"""Matrix products: dense layers, MatMul, Einsum."""

from __future__ import annotations

from ..fact import Answer, BroadcastsTo, Exact, Fact, Need, Shape, ShapeError, show
from ..registry import op
from ..sizes.dim import Size
from ..sizes.stretching import stretched
from .checks import agree, broadcast, of_rank, size_text, tally

# Gemm


@op("Gemm", since=11)
def gemm(a: Fact, b: Fact, c: Fact | None = None, *, transA: int = 0, transB: int = 0) -> Answer:
    """Y = A' * B' + C, where ' transposes if asked to. https://onnx.ai/onnx/operators/onnx__Gemm.html"""
    return _gemm(a, b, transA, transB, stretches=True)


@op("Gemm", since=7)
def gemm_7(a: Fact, b: Fact, c: Fact, *, transA: int = 0, transB: int = 0) -> Answer:
    return _gemm(a, b, transA, transB, stretches=True)


@op("Gemm")
def gemm_1(a: Fact, b: Fact, c: Fact, *, broadcast: int = 0, transA: int = 0, transB: int = 0) -> Answer:
    """C stretches only if asked to."""
    return _gemm(a, b, transA, transB, stretches=broadcast != 0)


def _flat(a: Fact, b: Fact, trans_b: int) -> str:
    """What makes two axes of the data's."""
    if a.rank in (None, 0, 2):
        return ""
    if a.rank == 1:
        return "put an Unsqueeze (axes [0]) in front of {node}"
    taken = b.shape[-1 if trans_b else -2] if b.shape is not None and len(b.shape) == 2 else None
    features = f", whose weight takes {size_text(taken)} features" if taken is not None else ""
    return f"put a Flatten (axis 1) in front of {{node}}{features}"


def _gemm(a: Fact, b: Fact, trans_a: int, trans_b: int, stretches: bool) -> Answer:
    """B is the weight: what does not fit A is a misfit of B."""
    rows, inner = of_rank(a, 2, "a", _flat(a, b, trans_b))
    if trans_a:
        rows, inner = inner, rows
    columns = None
    if b.shape is not None and len(b.shape) == 2:
        columns = b.shape[0] if trans_b else b.shape[1]
    y = (rows, columns)
    needs: dict[str, Need] = {
        "b": Exact((columns, inner) if trans_b else (inner, columns), "learnable"),
        "c": BroadcastsTo(y, "learnable") if stretches else Exact(y, "learnable"),
    }
    return Answer(
        (Fact(a.dtype or b.dtype, y),),
        needs,
        tally(rows, inner, columns),
        lambda: f"{size_text(inner)} features in, {size_text(columns)} out",
    )


# MatMul


@op("MatMul")
def matmul(a: Fact, b: Fact) -> Answer:
    """NumPy's matmul: the last two axes multiply, those in front broadcast; a vector loses its axis again."""
    return multiply(a, b, a.dtype or b.dtype)


def multiply(a: Fact, b: Fact, dtype: int | None) -> Answer:
    """What MatMul and its quantised twins have in common. B is the weight: what does not fit A is a misfit of B."""
    if a.shape == () or b.shape == ():
        raise ShapeError("a scalar has no place in a matrix product", parameter="a" if a.shape == () else "b")
    if a.shape is None or b.shape is None:
        return Answer((Fact(dtype),), {} if b.shape is None else {"b": Exact(b.shape, "learnable")}, macs=None)
    *batch_a, rows, inner = a.shape if len(a.shape) > 1 else (1, *a.shape)
    *batch_b, inner_b, columns = b.shape if len(b.shape) > 1 else (*b.shape, 1)
    batch: Shape = (*batch_a,) if not batch_b else broadcast((*batch_a,), (*batch_b,)) or ()
    y = batch
    if len(a.shape) > 1:
        y += (rows,)
    if len(b.shape) > 1:
        y += (columns,)
    if len(b.shape) > 1:
        need = (*(None for _ in batch_b), inner, columns)
    else:
        need = (inner,)
    return Answer(
        (Fact(dtype, y),),
        {"b": Exact(need, "learnable")},
        tally(*batch, rows, inner_b if inner is None else inner, columns),
        lambda: f"{size_text(inner)} features in, {size_text(columns)} out",
    )


def per_row(a: Fact, parameter: Fact | None) -> Need | None:
    """One value for all, a vector with one for each row, or one for each row in A's own rank."""
    if a.shape is None or len(a.shape) < 2:
        return None
    if parameter is None or parameter.shape is None or len(parameter.shape) < 2:
        return BroadcastsTo((a.shape[-2],))
    return BroadcastsTo((*a.shape[:-1], 1))


def per_column(b: Fact) -> Need | None:
    """One value for all, or one for each column, as a vector or in B's own rank."""
    return None if b.shape is None or len(b.shape) < 2 else BroadcastsTo((*b.shape[:-2], 1, b.shape[-1]))


# Einsum


@op("Einsum", since=12)
def einsum(*inputs: Fact, equation: str) -> Answer:
    """Each letter is an axis; those missing on the right are summed. https://onnx.ai/onnx/operators/onnx__Einsum.html"""
    left, arrow, right = equation.replace(" ", "").partition("->")
    if strange := {c for c in left + right if c not in ".," and not (c.isascii() and c.isalpha())}:
        raise ShapeError(f"{min(strange)!r} in {equation!r} is not a letter", attribute="equation")
    terms = left.split(",")
    if len(terms) != len(inputs):
        raise ShapeError(f"{equation!r} is for {len(terms)} inputs, there are {len(inputs)}", attribute="equation")
    sizes: dict[str, Size | None] = {}
    wide: list[Shape | None] = []  # what "..." stands for in each input
    for term, x in zip(terms, inputs, strict=True):
        if x.shape is None:
            wide += [None] if "..." in term else []
            sizes.update((label, _joined(sizes.get(label), None, label)) for label in term.replace(".", ""))
            continue
        before, dots, after = term.partition("...")
        labels = len(before) + len(after)
        if len(x.shape) < labels or (len(x.shape) > labels and not dots):
            raise ShapeError(f"{term!r} does not name the axes of {show(x.shape)}", attribute="equation")
        end = len(x.shape) - len(after)
        if dots:
            wide.append(x.shape[len(before) : end])
        named = (*zip(before, x.shape, strict=False), *zip(after, x.shape[end:], strict=True))
        for label, size in named:
            sizes[label] = _joined(sizes[label], size, label) if label in sizes else size
    if not arrow:
        once = sorted(label for label in sizes if left.count(label) == 1)
        right = ("..." if wide else "") + "".join(once)
    spread = broadcast(*wide) if wide else ()
    before, dots, after = right.partition("...")
    for label in before + after:
        if label not in sizes:
            raise ShapeError(f"{label!r} is not an axis of the inputs of {equation!r}", attribute="equation")
    macs = None if spread is None else 0 if len(inputs) < 2 else tally(*sizes.values(), *spread, len(inputs) - 1)
    dtype = next((x.dtype for x in inputs if x.dtype is not None), None)
    if dots and spread is None:
        return Answer((Fact(dtype),), macs=macs)
    middle = spread if dots and spread is not None else ()
    y = (*(sizes[label] for label in before), *middle, *(sizes[label] for label in after))
    return Answer((Fact(dtype, y),), macs=macs, formula=lambda: f"{equation}: {show(y)}")


def _joined(a: Size | None, b: Size | None, label: str) -> Size | None:
    """One letter is one size; a 1 stretches, as numpy.einsum lets it."""
    if a == b or b == 1:
        return a
    if a == 1:
        return b
    if isinstance(a, int) and isinstance(b, int):
        raise ShapeError(f"{label!r} is both {a} and {b}", attribute="equation")
    if a is None or b is None or isinstance(a, int) or isinstance(b, int):
        return a if isinstance(a, int) else b if isinstance(b, int) else None
    return stretched((a, b))


@op("Det", since=11)
def det(x: Fact) -> Fact:
    """Of each square matrix in the last two axes."""
    if x.shape is None:
        return x.unknown()
    if len(x.shape) < 2:
        raise ShapeError(f"X must hold matrices, has shape {show(x.shape)}", parameter="x")
    agree(x.shape[-2], x.shape[-1], "a matrix's rows and columns")
    return x.shaped(*x.shape[:-2])
