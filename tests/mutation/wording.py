"""What is no decision and stays as it is: annotations, texts, caches, and how classes are made."""

from __future__ import annotations

import ast

_NOT_LOOKED_INTO = frozenset({"annotation", "returns", "type_comment"})
_MAKERS = frozenset({"TypeVar", "NewType", "ParamSpec", "cast", "dataclass", "lru_cache", "cache", "getLogger"})
_SPOKEN = frozenset({"__repr__", "__str__"})
_QUIET_CALLS = frozenset({"debug", "info", "warning", "print"})


def skipped_fields(node: ast.AST) -> frozenset[str]:
    """Fields of a node that hold no decision."""
    if isinstance(node, ast.Raise):
        return frozenset({"exc", "cause"})
    if isinstance(node, ast.Call) and called(node.func) in _MAKERS:
        return frozenset({"args", "keywords"})
    return _NOT_LOOKED_INTO


def is_wording(node: ast.AST, parent: ast.AST) -> bool:
    """Whether a node says something, and decides nothing."""
    match node:
        case ast.JoinedStr() | ast.Import() | ast.ImportFrom() | ast.Assert():
            return True
        case ast.Expr(ast.Constant()):  # a docstring
            return True
        case ast.Expr(ast.Call(function)) if called(function) in _QUIET_CALLS:
            return True
        case ast.keyword("strict"):  # of zip: an assertion
            return True
        case ast.FunctionDef(name) if name in _SPOKEN:
            return True
        case ast.If(ast.Name("TYPE_CHECKING")):
            return True
        case ast.IfExp(_, body, orelse) if _is_text(body) or _is_text(orelse):
            return True
        case ast.BinOp(left, ast.Add(), right) if _is_text(left) or _is_text(right):
            return True
        case ast.AnnAssign(_, ast.Name("TypeAlias")):
            return True
        case ast.Assign([ast.Name(name)]) if name in ("__all__", "__slots__"):
            return True
        case ast.Call() if called(node.func) in _MAKERS:
            return True
        case ast.Attribute() | ast.Name():
            return isinstance(parent, ast.FunctionDef)  # a decorator without arguments
        case _:
            return False


def _is_text(node: ast.AST) -> bool:
    match node:
        case ast.JoinedStr():
            return True
        case ast.Constant(str(text)):
            return text == "" or " " in text
        case ast.BinOp(left, ast.Add(), right):
            return _is_text(left) or _is_text(right)
        case _:
            return False


def called(function: ast.expr) -> str:
    """The last name of what is called."""
    match function:
        case ast.Name(name) | ast.Attribute(_, name):
            return name
        case _:
            return ""
