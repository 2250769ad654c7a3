"""The report of a run, from its record: headings after ICH M15 (general principles for model-informed drug development)."""

from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.files import below
from livingdrug.report.folder_files import RECORD, REPORT, SCENARIO, file_hash
from livingdrug.report.html import Drawing, Report, Section, drawing

NOT_STATED = "Not stated. The answer belongs to the user: `{}` in the table [purpose] of scenario.toml."
RISK = (
    ("model_influence", "Model influence", "how much the model weighs beside other evidence"),
    ("consequence", "Consequence of a wrong decision", "what follows if the answer is wrong"),
    ("model_risk", "Model risk", "influence and consequence together"),
    ("model_impact", "Model impact", "how far the use departs from what is common"),
)


def build_report(record: dict, folder: Path) -> Report:
    """Sections from what was recorded and the pictures in the folder; nothing is computed."""
    answer, purpose = record["answer"], record["purpose"]
    context = purpose["context_of_use"] or NOT_STATED.format("context_of_use")
    sections = [
        Section("question", "Question of interest", [purpose["question"] or answer["question"]]),
        Section("context", "Context of use", [context]),
        Section("influence", "Model influence, risk and impact", tables=[risk_table(purpose)]),
    ]
    if answer["checks"] or answer["check_tables"]:
        sections.append(Section("data", "Data and their checks", _sizes(answer), answer["checks"],
                                tables=_tables(answer["check_tables"])))  # fmt: skip
    sections += [
        Section("results", "Results", answer["sentences"], (), _drawings(answer, folder, "p"), _tables(answer["tables"])),
        *(_part(part, folder) for part in answer.get("parts", ())),
        Section("flags", "Warnings", _flags(answer), answer["flags"]),
        *(_card(card, i) for i, card in enumerate(answer["cards"], 1)),
        Section("scenario", "Analysis settings", ["The document below is scenario.toml: `livingdrug run scenario.toml --out "
                "FOLDER` gives the same numbers."], tables=[_settings(record)],
                code=_text(folder, SCENARIO)),
        Section("trace", "Traceability", ["SHA-256 of every file: whoever has the same files can be sure of it."],
                tables=[_hashes(record, folder)]),
    ]  # fmt: skip
    seed = {"seed": str(answer["seed"])} if answer["seed"] is not None else {"seed": "no random numbers"}
    return Report(answer["title"], answer["sentences"], sections, {**seed, **record["versions"]})


def risk_table(purpose: dict[str, str]):
    """What the user stated of the elements in RISK, as (title, header, rows)."""
    rows = [(title, what, purpose[key] or NOT_STATED.format(key)) for key, title, what in RISK]
    return "assessment, as stated by the user", ("element", "what it is", "stated"), rows


def _sizes(answer: dict) -> list[str]:
    return [f"Read: {name}." for name, _ in answer["data"]]


def _flags(answer: dict) -> list[str]:
    return [] if answer["flags"] else ["Nothing was flagged."]


def _tables(tables: list[dict]):
    return [(t["title"], t["header"], t["rows"]) for t in tables]


def _drawings(answer: dict, folder: Path, prefix: str) -> list[Drawing]:
    made = []
    for i, picture in enumerate(answer["pictures"]):
        svg = _text(folder, f"pictures/{picture['name']}.svg")
        made.append(drawing(f"{prefix}{i}", svg, picture["caption"]))
    return made


def _text(folder: Path, name: str) -> str:
    path = below(folder, name)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"`{path}` cannot be read as text ({error}); run the scenario again") from None


def _part(part: dict, folder: Path) -> Section:
    return Section(part["key"], part["title"], (), part["points"], _drawings(part, folder, f"{part['key']}-"),
                   _tables(part["tables"]))  # fmt: skip


def _card(card: dict, number: int) -> Section:
    deviations = ("deviations, assumptions and cautions", ("what",), [(text,) for text in card["deviations"]])
    tables = [*_tables(card["tables"]), *([deviations] if card["deviations"] else [])]
    return Section(f"model{number}", f"Model evaluation: {card['model']}", card["sentences"], tables=tables)


def _settings(record: dict):
    title = f"settings of the `{record['kind']}` scenario, defaults included"
    return title, ("setting", "value"), list(record["settings"].items())


def _hashes(record: dict, folder: Path):
    rows = [(f"data: {name}", known) for name, known in record["answer"]["data"]]
    rows += [(name, known) for name, known in record["hashes"].items()]
    rows.append((RECORD, file_hash(folder / RECORD)))
    return f"files beside {REPORT}, and the data", ("file", "SHA-256"), rows
