"""The commands as typer has them: it makes the help, takes every command line, and says what is wrong with one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from .. import __version__
from ..errors import UsageError
from .commands import GROUPS, SUMMARIES, command

if TYPE_CHECKING:
    from ..config.table import Setting
    from .command import Argument, Command, Words

_COMPLETION = ("--install-completion", "--show-completion")
_WIDTH = {"help_option_names": ["-h", "--help"], "max_content_width": 80}


def app(arguments: Sequence[str] = ()) -> typer.Typer:
    """The program. Completion is set up only where ``arguments`` or the shell ask for it."""
    made = typer.Typer(
        name="auditor",
        cls=_group(""),
        help="Audits exported ONNX models before they go live: shapes, parameters, costs, weights and a sandboxed run.",
        epilog="auditor --install-completion teaches your shell the commands and options.",
        no_args_is_help=True,
        add_completion=bool({*_COMPLETION} & {*arguments[:1]}) or "_AUDITOR_COMPLETE" in os.environ,
        rich_markup_mode=None,  # rich help costs 80 ms a start
        pretty_exceptions_enable=False,
        context_settings=_WIDTH,
    )
    made.callback()(_options)
    return made


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"auditor {__version__}")
        raise typer.Exit


def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    pass


def _group(name: str) -> type[TyperGroup]:
    """What makes a command when it is called, and lists the others by their summaries."""

    class Group(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands: Any = _Commands(name)

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            if args and args[0] not in self.commands and not args[0].startswith("-") and not ctx.resilient_parsing:
                from ..wording import nearest

                within = f" {name}" if name else ""
                raise UsageError(
                    f"there is no command {args[0]!r}{nearest(args[0], self.commands)}; `auditor{within} -h` lists them"
                )
            return super().resolve_command(ctx, args)

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            with formatter.section("Commands"):
                within = f"{name} " if name else ""
                formatter.write_dl([(inner, GROUPS.get(inner) or SUMMARIES[within + inner]) for inner in self.commands])

    return Group


class _Commands(Mapping[str, Any]):
    """The commands of a group, each made when it is asked for."""

    def __init__(self, group: str) -> None:
        self._within = f"{group} " if group else ""
        inner = (name.removeprefix(self._within) for name in SUMMARIES if name.startswith(self._within))
        self._names = list(dict.fromkeys(name.partition(" ")[0] for name in inner))

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name in GROUPS:
            made = _empty(cls=_group(name), help=GROUPS[name], no_args_is_help=True)
            made.callback()(lambda: None)
            found: Any = typer.main.get_command(made)
        else:
            made = _empty()
            one = command(self._within + name)
            made.command(cls=_Grouped)(_function(one))
            found = typer.main.get_command(made)
            found.examples = one.examples
        found.name = name
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _empty(**more: Any) -> typer.Typer:
    return typer.Typer(
        add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, context_settings=_WIDTH, **more
    )


class _Grouped(TyperCommand):
    """A command whose help has its options under headings, then examples."""

    examples: tuple[str, ...] = ()

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                other = "Arguments" if parameter.param_type_name == "argument" else "Help"
                groups.setdefault(getattr(parameter, "rich_help_panel", None) or other, []).append(record)
        for heading, records in groups.items():
            with formatter.section(heading):
                formatter.write_dl(records)
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"  {example}\n")


def _function(one: Command) -> Callable[..., int | None]:
    """The command's function with a parameter for each argument and option, which typer reads."""

    def function(**given: Any) -> int | None:
        return one.run(_said(given))

    function.__doc__ = one.run.__doc__
    parameters = [*map(_argument, one.arguments), *map(_option, one.settings)]
    function.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # inspect.signature reads it
    return function


def _said(given: Mapping[str, Any]) -> Words:
    """What was given; of what was not, typer says None, or that a list is empty."""
    return {name: value for name, value in given.items() if value is not None and value != []}


def _argument(argument: Argument) -> Parameter:
    of = list[str] if argument.many else str
    told = typer.Argument(metavar=argument.metavar, help=argument.help, show_default=False)
    if not argument.optional:
        return Parameter(argument.name, Parameter.KEYWORD_ONLY, annotation=Annotated[of, told])
    return Parameter(argument.name, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[of | None, told])


def _option(row: Setting) -> Parameter:
    """Words and no numbers: the row's kind checks what they say, for every door in the same way."""
    from .command import help_of

    of = bool if row.is_switch else list[str] if row.kind.repeated else str
    told = typer.Option(
        *row.flags, metavar=row.metavar or None, help=help_of(row), show_default=False, rich_help_panel=row.group
    )
    return Parameter(row.name, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[of | None, told])
