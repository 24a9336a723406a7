"""Small faults of one syntax tree: each is a node that another takes the place of."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from .wording import called, is_wording, skipped_fields

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_COMMUTE = frozenset(
    {"added", "agree", "broadcast", "compare_digest", "greatest", "least", "maximum", "minimum", "same", "tally"}
)
"""Calls whose first two arguments may stand in either order: swapped, it is the same program."""

_OTHER_CALL = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "reversed": "list"}


class Change(NamedTuple):
    """One fault. ``apply`` puts it into the tree that it was found in."""

    kind: str
    old: ast.AST
    before: str
    after: str
    function: str  # the qualified name of what it stands in; "" outside any function
    owner: ast.AST | None  # the outermost statement of the module that it stands in
    apply: Callable[[], None]


class _Place(NamedTuple):
    """Where a node hangs in its parent."""

    parent: ast.AST
    field: str
    at: int | None  # in a list

    def put(self, new: ast.AST, old: ast.AST) -> None:
        ast.copy_location(new, old)
        ast.fix_missing_locations(new)
        if self.at is None:
            setattr(self.parent, self.field, new)
        else:
            getattr(self.parent, self.field)[self.at] = new


def changes(tree: ast.Module) -> list[Change]:
    """Every fault that can be put into a tree, in the order of the file."""
    found: list[Change] = []
    for index, statement in enumerate(tree.body):
        _visit(statement, _Place(tree, "body", index), "", statement, False, found)
    return found


def _visit(node: ast.AST, place: _Place, name: str, owner: ast.AST, inside: bool, found: list[Change]) -> None:
    if is_wording(node, place.parent):
        return
    for kind, new in _faults(node, place.parent):
        put = partial(place.put, new, node)
        change = Change(kind, node, _text(node), _text(new), name if inside else "", owner, put)
        if change.before != change.after:
            found.append(change)
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        name = f"{name}.{node.name}" if name else node.name
    skipped = skipped_fields(node)
    for field, value in ast.iter_fields(node):
        if field in skipped:
            continue
        within = inside or (is_function and field == "body")
        if isinstance(value, ast.AST):
            _visit(value, _Place(node, field, None), name, owner, within, found)
        elif isinstance(value, list):
            for index, child in enumerate(value):
                if isinstance(child, ast.AST):
                    _visit(child, _Place(node, field, index), name, owner, within, found)


def _faults(node: ast.AST, parent: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.Constant():
            yield from _constant(node, parent)
        case ast.BoolOp(op, values):
            yield "boolean", ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield "boolean", operand
        case ast.UnaryOp(ast.USub(), operand) if not isinstance(operand, ast.Constant):
            yield "arithmetic", operand
        case ast.BinOp(left, op, right) if type(op) in _ARITHMETIC:
            yield "arithmetic", ast.BinOp(left, _ARITHMETIC[type(op)](), right)
        case ast.AugAssign(target, op, value) if type(op) in _ARITHMETIC:
            yield "arithmetic", ast.AugAssign(target, _ARITHMETIC[type(op)](), value)
        case ast.If(test, body, orelse):
            yield "branch", ast.If(_negated(test), body, orelse)
        case ast.While(test, body, orelse) if not isinstance(test, ast.Constant):
            yield "branch", ast.While(_negated(test), body, orelse)
        case ast.IfExp(test, body, orelse):
            yield "branch", ast.IfExp(_negated(test), body, orelse)
        case ast.comprehension(target, iterated, ifs, is_async) if ifs:
            yield "branch", ast.comprehension(target, iterated, [_negated(ifs[0]), *ifs[1:]], is_async)
        case ast.match_case(pattern, guard, body) if guard is not None:
            yield "branch", ast.match_case(pattern, _negated(guard), body)
        case ast.Break():
            yield "branch", ast.Continue()
        case ast.Continue():
            yield "branch", ast.Break()
        case ast.Return(value) if value is not None and not _is_none(value):
            if not isinstance(value, ast.Constant):
                yield "return", ast.Return(ast.Constant(None))
            if isinstance(value, ast.Compare | ast.BoolOp):
                yield "return", ast.Return(_negated(value))
        case ast.Expr(ast.Yield() | ast.YieldFrom()):
            yield "yield removed", ast.Expr(ast.YieldFrom(ast.Tuple([], ast.Load())))
        case ast.Expr(ast.Call()) | ast.Raise():
            yield "call removed", ast.Pass()
        case ast.Call(ast.Name(name), arguments, keywords) if name in _OTHER_CALL:
            if name not in ("sorted", "reversed") or not keywords:
                yield "call", ast.Call(ast.Name(_OTHER_CALL[name], ast.Load()), arguments, keywords)
        case ast.Call(function, [first, second, *rest], keywords) if not _stands_alone(first, second):
            if called(function) not in _COMMUTE and not (
                isinstance(function, ast.Name) and function.id == "isinstance"
            ):
                yield "arguments swapped", ast.Call(function, [second, first, *rest], keywords)


def _compared(node: ast.Compare) -> Iterator[tuple[str, ast.AST]]:
    for index, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:
            ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
            yield "comparison", ast.Compare(node.left, ops, node.comparators)


def _constant(node: ast.Constant, parent: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node.value:
        case bool(value):
            yield "constant", ast.Constant(not value)
        case int(value) | float(value):
            yield "constant", ast.Constant(value + 1)
        case str(value) if value and " " not in value and _decides(parent):
            yield "constant", ast.Constant(value + "_")


def _decides(parent: ast.AST) -> bool:
    """Whether a text under this node is compared, looked up or a case, and not shown."""
    return isinstance(parent, ast.Compare | ast.Subscript | ast.Set | ast.MatchValue | ast.Dict)


def _stands_alone(first: ast.expr, second: ast.expr) -> bool:
    starred = isinstance(first, ast.Starred) or isinstance(second, ast.Starred)
    return starred or ast.dump(first) == ast.dump(second)


def _negated(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _text(node: ast.AST) -> str:
    """What a reader sees of a node: the head of a statement that holds others."""
    match node:
        case ast.If(test):
            return f"if {ast.unparse(test)}"
        case ast.While(test):
            return f"while {ast.unparse(test)}"
        case ast.match_case(pattern, guard):
            return f"case {ast.unparse(pattern)} if {ast.unparse(guard) if guard else True}"
        case ast.Expr(ast.YieldFrom(ast.Tuple([]))):
            return "pass"
        case _:
            return ast.unparse(ast.fix_missing_locations(node))
