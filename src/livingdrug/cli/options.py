"""The command of a kind of analysis, made of what its fields say."""

from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

import click

from livingdrug.cli.explained import Explained
from livingdrug.cli.out_help import DASK_HELP, MEMORY_HELP, OUT_HELP, RESUME_HELP, SHARD_HELP, YES_HELP
from livingdrug.workflows import COMMAND_LINE, OUTPUT, About, about, flag_of, help_of, option_names

# options of what becomes of an answer, by the name of their field in `cli.output.Output`; a kind names the ones it has in
# OUTPUTS, and USUAL are those of every kind
USUAL = ("out", "plots", "as_json", "as_scenario", "memory")
OUTPUTS = {
    "out": (("--out",), {"type": click.Path(), "metavar": "PATH", "help": OUT_HELP}),
    "layout": (("--as", "layout"), {"metavar": "LAYOUT", "help": "With --out: samples laid out for nonmem or "
                                              "monolix (and nlmixr2); parameters as CDISC's pp or adpp (.csv or .xpt)."}),
    "wide": (("--wide",), {"is_flag": True, "help": "One row per profile instead of one per parameter."}),
    "plots": (("--plots",), {"type": click.Path(file_okay=False), "metavar": "FOLDER",
                             "help": "Write the figures (PNG and SVG) into this folder."}),
    "as_json": (("--json", "as_json"), {"is_flag": True, "help": "Print the answer as JSON."}),
    "workers": (("--workers",), {"type": int, "help": "Distribute the subjects over this many processes."}),
    "dask": (("--dask",), {"metavar": "ADDRESS", "help": DASK_HELP}),
    "memory": (("--memory",), {"type": float, "metavar": "GB", "help": MEMORY_HELP}),
    "resume": (("--resume",), {"is_flag": True, "help": RESUME_HELP}),
    "yes": (("--yes",), {"is_flag": True, "help": YES_HELP}),
    "shard": (("--shard",), {"metavar": "I/N", "help": SHARD_HELP}),
    "as_scenario": (("--as-scenario",), {"is_flag": True, "help": "Print the scenario document that this "
                                                                  "command amounts to; "
                                         "run nothing."}),
}  # fmt: skip


class Command(Explained):
    """A command whose options stand under headings, with examples at the end."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options by their groups, in the order of the fields."""
        groups: dict[str, list] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record:
                groups.setdefault(getattr(param, "group", OUTPUT), []).append(record)
        groups[OUTPUT] = groups.pop(OUTPUT, [])
        for heading, records in groups.items():
            with formatter.section(heading):
                formatter.write_dl(records)


class Option(click.Option):
    """An option that belongs under a heading."""

    def __init__(self, *given, group: str, **named) -> None:
        super().__init__(*given, **named)
        self.group = group


class Argument(click.Argument):
    """A value by its place, which belongs under a heading and says what it is."""

    def __init__(self, *given, group: str, text: str, **named) -> None:
        super().__init__(*given, **named)
        self.group, self.text = group, text

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        """Its name and what it is."""
        return self.make_metavar(ctx), self.text


def command_of(kind: str) -> click.Command:
    """`livingdrug <kind>`."""
    from livingdrug.workflows import workflow

    scenario = workflow(kind).scenario
    fields = {name: field for name, field in scenario.model_fields.items() if about(field)}
    params = [param_of(name, field) for name, field in fields.items()]
    params += [shortcut(name, said) for name, said in scenario.SHORTCUTS.items()]
    params.sort(key=lambda p: not isinstance(p, click.Argument))
    names = [name for name in OUTPUTS if name in (*USUAL, *scenario.OUTPUTS)]
    outputs = [Option(_declared(OUTPUTS[name][0], name), group=OUTPUT, **OUTPUTS[name][1]) for name in names]

    def run(**given) -> None:
        from livingdrug.cli.output import Output
        from livingdrug.cli.run import run_scenario
        from livingdrug.workflows import checked

        output = Output.taken_from(given)
        filled = scenario.of_options(read_options(fields, given), lambda text: click.echo(text, err=True))
        run_scenario(checked(scenario, filled, COMMAND_LINE), output)

    line, more = help_of(kind)
    name = kind.rpartition("-")[2]
    return Command(
        name, params=[*params, *outputs], callback=run, examples=scenario.EXAMPLES, help=f"{line}\n\n{more}"
    )


def _declared(names: tuple[str, ...], name: str) -> list[str]:
    return [*(n for n in names if n.startswith("-")), name]


def param_of(name: str, field) -> click.Parameter:
    """The option or argument of a field."""
    said = cast(About, about(field))  # fields without are no options
    of, many, nargs = _shape(field.annotation)
    many = many or said.read is not None
    if said.argument:
        named = {"type": click.Path() if name in ("file", "files") else str, "required": field.is_required()}
        named |= {"nargs": -1} if many else {}
        return Argument([name], group=said.group, text=said.text, **named)
    given: dict[str, Any] = {"group": said.group, "help": _help(said, field), "required": field.is_required()}
    if of is bool:
        given |= {"is_flag": True, "default": None}
    else:
        given |= {
            "type": str if said.read else of,
            "multiple": many,
            "nargs": nargs,
            "metavar": said.metavar or None,
        }
    if get_choices(field.annotation) and not said.metavar:
        given["metavar"] = f"[{'|'.join(get_choices(field.annotation))}]"
    return Option(_declared(option_names(name, field), name), **given)


def shortcut(name: str, said: About) -> Option:
    """An option that is no field: a text, or a switch where it has no metavar."""
    names = _declared(said.flags or (f"--{name.replace('_', '-')}",), name)
    given = {"metavar": said.metavar} if said.metavar else {"is_flag": True, "default": None}
    return Option(names, group=said.group, help=said.text, **given)


def _help(said: About, field) -> str:
    """What a field is, its unit and its default."""
    unit = f" Unit: {said.unit}." if said.unit else ""
    default = field.get_default(call_default_factory=True) if not field.is_required() else None
    shown = "" if default in (None, "", (), {}, 0) or isinstance(default, bool) else f"  [default: {default}]"
    return f"{said.text}{unit}{shown}"


def get_choices(annotation) -> tuple[str, ...]:
    """Values that a type allows, where it is one of a few."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((found for part in get_args(annotation) if (found := get_choices(part))), ())


def _shape(annotation) -> tuple[type, bool, int]:
    """(type of one value, whether there may be several, how many stand together) of a type."""
    origin, inner = get_origin(annotation), [a for a in get_args(annotation) if a is not type(None)]
    if origin in (Union, UnionType):
        return _shape(inner[0])
    if origin is tuple and inner[-1] is not Ellipsis:
        return inner[0], False, len(inner)
    if origin is tuple:
        of = _shape(inner[0])[0]
        return of if of in (int, float, str) else str, True, 1
    return (annotation if annotation in (bool, int, float) else str), False, 1


def read_options(fields: dict, given: dict) -> dict:
    """What was given, read as the fields take it."""
    made = {}
    for name, value in given.items():
        if value is None or value == ():
            continue
        said = about(fields[name]) if name in fields else None
        read = said.read if said else None
        made[name] = read(value, flag_of(name, fields[name])) if read else value
    return {name: value for name, value in made.items() if value not in ((), {}, [])}
