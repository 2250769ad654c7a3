"""The report of a run, from its record: headings after ICH M15 (general principles for model-informed drug
development)."""

from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.files import below
from livingdrug.report.folder_files import RECORD, REPORT, SCENARIO, file_hash
from livingdrug.report.html import Drawing, Report, Section, drawing

UNCITED = ("set in the scenario",)
RISK = (
    ("context_of_use", "Context of use", "what the answer is used for, and beside what"),
    ("model_influence", "Model influence", "how much the model weighs beside other evidence"),
    ("consequence", "Consequence of a wrong decision", "what follows if the answer is wrong"),
    ("model_risk", "Model risk", "influence and consequence together"),
    ("model_impact", "Model impact", "how far the use departs from what is common"),
)


def build_report(record: dict, folder: Path, of_all: "Cited | None" = None, mark: str = "") -> Report:
    """Sections from what was recorded and the pictures in the folder, the result first; nothing is computed.

    of_all: the sources of a document of several runs, which prints them itself; mark: sets the ids of the
    figures apart.
    """
    answer, purpose, cited = record["answer"], record["purpose"], of_all or Cited()
    sections = [
        Section("question", "Question of interest", [purpose["question"] or answer["question"]]),
        Section("results", "Results", answer["sentences"], (), _drawings(answer, folder, f"{mark}p"),
                _tables(answer["tables"])),
        *(_part(part, folder, mark) for part in answer.get("parts", ())),
        Section("flags", "Warnings", _flags(answer), answer["flags"]),
    ]  # fmt: skip
    if answer["checks"] or answer["check_tables"]:
        sections.append(Section("data", "Data and their checks", _sizes(answer), answer["checks"],
                                tables=_tables(answer["check_tables"])))  # fmt: skip
    sections.append(purpose_section(purpose))
    sections += [_card(card, i, cited) for i, card in enumerate(answer["cards"], 1)]
    if cited.sources and of_all is None:
        sections.append(
            Section("sources", "Sources", [f"[{k}] {text}" for k, text in enumerate(cited.sources, 1)])
        )
    sections += [
        Section(
            "scenario",
            "Analysis settings",
            [
                "The document below is scenario.toml: `livingdrug run scenario.toml --out "
                "FOLDER` gives the same numbers."
            ],
            tables=[_settings(record)],
            code=_text(folder, SCENARIO),
        ),
        Section(
            "trace",
            "Traceability",
            ["SHA-256 of every file: whoever has the same files can be sure of it."],
            tables=[_hashes(record, folder)],
        ),
    ]
    seed = {"seed": str(answer["seed"])} if answer["seed"] is not None else {"seed": "no random numbers"}
    return Report(answer["title"], answer["sentences"], sections, {**seed, **record["versions"]})


class Cited:
    """Sources by number: each is printed once."""

    def __init__(self) -> None:
        self.sources: list[str] = []

    def number(self, source: str) -> str:
        """`[3]` for the third source that was cited; what is no source stays as it is."""
        if not source or source in UNCITED:
            return source
        if source not in self.sources:
            self.sources.append(source)
        return f"[{self.sources.index(source) + 1}]"


def purpose_section(purpose: dict[str, str]) -> Section:
    """Context of use, influence, risk and impact as stated by the user; what is not is said once."""
    stated = [(title, what, purpose[key]) for key, title, what in RISK if purpose[key]]
    missing = [title for key, title, _ in RISK if not purpose[key]]
    said = f"Not stated: {'; '.join(missing)}. This belongs to the user: the table [purpose] of {SCENARIO}."
    tables = (
        [("assessment, as stated by the user", ("element", "what it is", "stated"), stated)] if stated else []
    )
    return Section(
        "context",
        "Context of use, model influence, risk and impact",
        [said] if missing else [],
        tables=tables,
    )


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
        made.append(drawing(f"{prefix}{i}", svg, picture["caption"], picture["name"]))
    return made


def _text(folder: Path, name: str) -> str:
    path = below(folder, name)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"`{path}` cannot be read as text ({error}); run the scenario again") from None


def _part(part: dict, folder: Path, mark: str) -> Section:
    return Section(
        part["key"],
        part["title"],
        (),
        part["points"],
        _drawings(part, folder, f"{mark}{part['key']}-"),
        _tables(part["tables"]),
    )


def _card(card: dict, number: int, cited: Cited) -> Section:
    deviations = ("deviations, assumptions and cautions", ("what",), [(text,) for text in card["deviations"]])
    tables = [_numbered(table, cited) for table in _tables(card["tables"])]
    tables += [deviations] if card["deviations"] else []
    return Section(f"model{number}", f"Model evaluation: {card['model']}", card["sentences"], tables=tables)


def _numbered(table, cited: Cited):
    """A table whose column of sources holds their numbers."""
    title, header, rows = table
    if "source" not in header:
        return table
    at = list(header).index("source")
    return title, header, [(*row[:at], cited.number(row[at]), *row[at + 1 :]) for row in rows]


def _settings(record: dict):
    title = f"settings of the `{record['kind']}` scenario, defaults included"
    return title, ("setting", "value"), list(record["settings"].items())


def _hashes(record: dict, folder: Path):
    rows = [(f"data: {name}", known) for name, known in record["answer"]["data"]]
    rows += [(name, known) for name, known in record["hashes"].items()]
    rows.append((RECORD, file_hash(folder / RECORD)))
    return f"files beside {REPORT}, and the data", ("file", "SHA-256"), rows
