"""The page of all options, docs/options.md, made of what the fields say: `python -m
livingdrug.cli.reference`."""

import click

from livingdrug.cli.options import OUTPUTS, command_of
from livingdrug.workflows import about, has_command, help_of, kinds, workflow

HEAD = """# Options of the commands

Made of the fields of each kind of scenario (`python -m livingdrug.cli.reference > docs/options.md`); a test holds
it to them. An option of a command and a key of a scenario document (`livingdrug run FILE`) are the same field: `key`
is its name in TOML.

"""


def page() -> str:
    """The whole page."""
    sections = [_section(kind) for kind in kinds() if has_command(kind)]
    given = [
        (", ".join(n for n in names if n.startswith("-")), said["help"]) for names, said in OUTPUTS.values()
    ]
    rows = "\n".join(f"| `{name}` | {text} |" for name, text in given)
    sections.append(f"## What becomes of an answer\n\n| option | what it is |\n|---|---|\n{rows}\n")
    return HEAD + "\n".join(sections).rstrip() + "\n"


def _section(kind: str) -> str:
    line, more = help_of(kind)
    scenario = workflow(kind).scenario
    fields = {name for name, field in scenario.model_fields.items() if about(field)}
    command = command_of(kind)
    groups: dict[str, list[str]] = {}
    for param in command.params:
        shown, text = param.get_help_record(click.Context(command)) or ("", "")
        if param.name in fields or param.name in scenario.SHORTCUTS:
            key = f"`{param.name}`" if param.name in fields else ""
            shown = shown.replace("|", "\\|")
            groups.setdefault(getattr(param, "group", ""), []).append(
                f"| `{shown}` | {key} | {text.replace('|', chr(92) + '|')} |"
            )
    parts = [f"## livingdrug {kind.replace('-', ' ')}\n", f"{line} {' '.join(more.split())}".rstrip() + "\n"]
    for group, rows in groups.items():
        parts.append(f"{group}:\n\n| option | key | what it is |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    if scenario.EXAMPLES:
        parts.append("```sh\n" + "\n".join(scenario.EXAMPLES) + "\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    click.echo(page(), nl=False)
