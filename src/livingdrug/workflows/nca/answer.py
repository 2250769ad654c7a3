"""What an NCA says: parameters over the subjects of each group, persistence, and why a value is flagged or
missing."""

from collections.abc import Iterator

import numpy as np

from livingdrug.core.words import number
from livingdrug.data import printable
from livingdrug.nca import CDISC_NOTES, PER_DAY, NcaResult, adpp, parameter_of, pp
from livingdrug.nca.causes import ABSENT, CENSORING, NOTED, SENTENCES, Cause
from livingdrug.nca.summary import KINDS, group_title, groups, persistence, summary
from livingdrug.report import Answer, Cell, Picture, Table, cell, text_table
from livingdrug.workflows.nca.groups import compared, study_tables
from livingdrug.workflows.nca.spec import Analysis
from livingdrug.workflows.script import call
from livingdrug.workflows.tables import KineticScenario, checks_of, hashes, reading_call, size

SHOWN_ROWS = 3000  # of the long table in a report; results.csv has all of them
SIDE_BY_SIDE = 4  # profiles up to this number are shown in full
PAGES = 20  # of single profiles
MARKS = {"ok": "", "caution": " *", "censored": " >", "absent": ""}
PERSISTENCE_DAYS = (28.0, 90.0, 180.0, 365.0)


def answer(scenario: KineticScenario, found: Analysis) -> Answer:
    """Parameters of every group, each value of a report with flag and reason."""
    result = found.result
    members = groups(result, scenario.by).values()
    beside, ratios = compared(result, scenario.by)
    lost = [text for mine in members if (text := persistence_sentence(result, mine))]
    return Answer(
        title=f"Cellular kinetics of {result.data.name}",
        question=f"What are the cellular-kinetic parameters of the subjects in {result.data.name}?",
        sentences=(size(found.checked) + ".", *nca_sentences(result, scenario.by), *ratios, *lost),
        flags=(*reason_sentences(result), *filter(None, (left_out(result), conversion(result)))),
        tables=(*group_tables(result, scenario.by), *beside, *study_tables(result, scenario.by), _long(result)),
        data=hashes(scenario),
        **checks(found),
    )


def checks(found: Analysis, more: tuple[str, ...] = ()) -> dict:
    """`checks` and `check_tables` of an Answer."""
    made = checks_of(found.parts)
    notes = (*made["checks"], *found.result.data.notes, *more, rules_text(found.result))
    return made | {"checks": tuple(dict.fromkeys(notes))}


def conversion(result: NcaResult) -> str:
    """Which unit conversion stands behind the numbers, "" where none does."""
    return result.data.conversion


def table(_: KineticScenario, found: Analysis):
    """One row for each profile and parameter."""
    return found.result.coded_table()


def layouts(found: Analysis) -> dict:
    """One row per profile; or as CDISC lays parameters out, which may be a transport file (XPT) too."""
    result = found.result
    return {
        "wide": lambda: (result.wide(), (), {}),
        "pp": lambda: (pp(result), CDISC_NOTES, {}),
        "adpp": lambda: (adpp(result), CDISC_NOTES, {}),
    }


def plain(scenario: KineticScenario, found: Analysis) -> dict:
    """Plain data of an analysis; an absent number is null."""
    result = found.result
    return {
        "file": result.data.name,
        "rules": rules_text(result),
        "below_limit": result.below_limit(),
        "bridge": result.data.bridge,
        "notes": list(result.data.notes),
        "persistence": [_persistence(result, key, mine) for key, mine in groups(result, scenario.by).items()],
        "results": result.table().to_dict("records"),
    }


def _persistence(result: NcaResult, key, members) -> dict:
    curve = persistence(result, members)
    names = dict(zip(KINDS, key, strict=True))
    if curve is None:
        return names | {"subjects": 0}
    after, until = (None if not np.isfinite(t) else t for t in curve.median)
    steps = [
        {"after": float(a), "by": float(b) if np.isfinite(b) else None, "share": float(s)}
        for a, b, s in zip(curve.start, curve.end, curve.share, strict=True)
    ]
    return names | {
        "subjects": curve.n,
        "lost": curve.lost,
        "median_after": after,
        "median_by": until,
        "steps": steps,
    }


def rules_text(result: NcaResult) -> str:
    """The rules of the analysis in one line, with how many values each rule of BLQ touched."""
    settings = result.settings
    area = {"linear": "linear trapezoids", "linup-logdown": "trapezoids linear up, logarithmic down"}[
        settings.auc
    ]
    below = ", ".join(f"{name} {v['rule']} ({v['records']})" for name, v in result.below_limit().items())
    ends = " to ".join(f"{t:g}" for t in result.window or ())
    window = f"AUCINT over {ends} {result.data.time_unit}".rstrip() if ends else "no window"
    return f"{area}; values below the limit: {below}; {window}"


def nca_sentences(result: NcaResult, by: str | None = None) -> list[str]:
    """Peak, its time and the area of each group in words."""
    said = []
    for key, members in groups(result, by).items():
        words = []
        for code in ("CMAX", "TMAX", "AUCINT"):
            values = result.values[code][members]
            known = values[np.isfinite(values)]
            unit = result.unit(code)[members[0]]
            words.append(
                f"median {code} {number(float(np.median(known)))} {unit}" if len(known) else f"no {code}"
            )
        said.append(f"{group_title(key, len(members))}: {', '.join(words)}.")
    return said


def persistence_sentence(result: NcaResult, members) -> str:
    """When the signal is lost in a group, "" where no profile tells."""
    curve = persistence(result, members)
    if curve is None:
        return ""
    unit = result.data.time_unit
    after, until = curve.median
    words = f" {unit}" if unit else ""
    if np.isfinite(until):
        text = f"half of the subjects are lost between {after:g} and {until:g}{words}"
    else:
        text = (
            f"{'fewer than half of the subjects are' if curve.lost else 'nobody is'} lost up to "
            f"{after:g}{words}"
        )
    known = curve.start[-1] if np.isinf(curve.end[-1]) else curve.end[-1]
    positive = []
    for day in PERSISTENCE_DAYS if unit else ():
        low, high = sorted(curve.share_at(day * PER_DAY[unit]))
        if day * PER_DAY[unit] <= known:
            positive.append(
                f"{low:.0%} at {day:g} d" if high - low < 0.005 else f"{low:.0%} to {high:.0%} at {day:g} d"
            )
    more = "" if curve.converged else " (approximate: the estimate had not converged)"
    more += f"; still positive: {', '.join(positive)}" if positive else ""
    return f"persistence (interval-censored Kaplan-Meier, {curve.lost} of {curve.n} lost): {text}{more}"


def group_tables(result: NcaResult, by: str | None = None) -> list[Table]:
    """The parameters of each group: of few profiles side by side, of more over the subjects."""
    rows, made = summary(result, by), []
    for key, members in groups(result, by).items():
        title = printable(group_title(key, len(members)), 200)
        if len(members) <= SIDE_BY_SIDE:
            made.append(_profiles(result, members, title))
        else:
            made.append(_summary(rows[(rows[list(KINDS)] == list(key)).all(axis=1)], title))
    return made


def _profiles(result: NcaResult, members, title: str) -> Table:
    several = len(set(result.data.profiles.occasion)) > 1
    names = [printable(str(result.ids[i]), 20) + (f" / {result.data.profiles.occasion[i]}" if several else "")
             for i in members]  # fmt: skip
    cells = tuple(
        (code, result.unit(code)[members[0]], *value_cells(result, code, members)) for code in result.codes
    )
    return Table(f"{title} (* flagged   > censored)", ("code", "unit", *names), cells)


def value_cells(result: NcaResult, code: str, members) -> list[Cell]:
    """A parameter of some profiles, each marked by its flag, with the reason."""
    columns = (result.values[code], result.unit(code), result.flags(code), result.reasons(code))
    return [_value_cell(*values) for values in zip(*(column[members] for column in columns), strict=True)]


def _value_cell(value: float, unit: str, flag: str, reason: str) -> Cell:
    if flag == "absent":
        return Cell("missing", None, unit, flag, reason)
    return cell(float(value), unit, flag=flag, reason=reason, mark=MARKS[flag])


def _summary(rows, title: str) -> Table:
    header = ("code", "unit", "n", "median", "min", "max", "geomean (CV %)", "flagged", "missing")
    made = []
    for row in rows.itertuples():
        cv = f" ({row.geocv:.3g})" if np.isfinite(row.geocv) else ""
        mean = Cell(number(row.geomean) + cv, row.geomean) if parameter_of(row.PARAMCD).geometric else ""
        flagged = int(row.caution + row.censored)
        counts = (flagged or "", int(row.absent) or "")
        made.append((row.PARAMCD, row.param_unit, int(row.n), row.median, row.min, row.max, mean, *counts))
    return Table(title, header, tuple(made))


def _long(result: NcaResult) -> Table:
    rows = result.data.profiles.n * len(result.codes)
    columns = ("ID", "PARAMCD", "value", "unit", "flag", "reason", "points", "OCC")
    more = f", the first {SHOWN_ROWS:,} of {rows:,}" if rows > SHOWN_ROWS else ""
    title = f"every value with flag, reason and points{more}"
    return text_table(title, result.first_rows(SHOWN_ROWS).iloc[:SHOWN_ROWS], columns, detail=True)


def reason_sentences(result: NcaResult) -> list[str]:
    """Each cause of a flag or of a missing value once, with the parameters it touches and how often."""
    said = []
    for key, members in groups(result).items():
        tallies = {code: result.tally(code, members) for code in result.codes}
        of = f" ({group_title(key, len(members))})" if len(groups(result)) > 1 else ""
        for cause, sentence in SENTENCES.items():
            if cause & (NOTED | CENSORING) or cause == Cause.STILL_POSITIVE:
                continue
            counts: dict[int, list[str]] = {}
            for code, tally in tallies.items():
                # what is absent is not also to be watched
                count = sum(n for causes, n in tally if (causes & ABSENT or causes) & cause)
                if count:
                    counts.setdefault(count, []).append(code)
            which = "; ".join(f"{', '.join(codes)} in {n} of {len(members)}" for n, codes in counts.items())
            said += [f"{sentence}: {which}{of}"] if which else []
    return said


def left_out(result: NcaResult) -> str:
    """What is said where not every single profile has its figure, "" where each has."""
    from livingdrug.plots.profiles import ACROSS, DOWN

    most, largest = PAGES * ACROSS * DOWN, max(len(members) for members in groups(result).values())
    return f"figures of single profiles stop at {most} of {largest:,}" if largest > most else ""


def figures(scenario: KineticScenario, found: Analysis) -> Iterator[tuple[Picture, object]]:
    """All profiles, and pages of single ones, for each output."""
    from livingdrug.plots import plot_profiles, plot_spaghetti
    from livingdrug.plots.profiles import ACROSS, DOWN

    result, page = found.result, ACROSS * DOWN
    outputs = list(groups(result).items())
    for place, (key, members) in enumerate(outputs, 1):
        prefix, title = f"output{place}-" if len(outputs) > 1 else "", group_title(key, len(members))
        caption = f"All profiles as thin lines and the median of each group: {title}."
        yield Picture(f"{prefix}all", caption), plot_spaghetti(result, scenario.by, members)
        for k in range(min(-(-len(members) // page), PAGES)):
            mine = members[k * page : (k + 1) * page]
            said = f"{len(mine)} profiles with the limit, the terminal points and the terminal fit: {title}."
            yield Picture(f"{prefix}profiles-{k + 1}", said), plot_profiles(result, mine)


def script(scenario: KineticScenario, out: str) -> str:
    """The script that analyses and writes the parameters."""
    return "\n".join([*analysis_lines(scenario), f"ld.write_csv(result.table(), {out!r})"]) + "\n"


def analysis_lines(scenario: KineticScenario) -> list[str]:
    """The lines of a script that end with `result`."""
    imports = ["import livingdrug as ld", "from livingdrug.data import cross, join, read_endpoints",
               "from livingdrug.nca import TerminalPoints, nca", ""]  # fmt: skip
    lines = [*imports, f"data = ld.read_data({scenario.file!r}, {reading_call(scenario)})"]
    if scenario.endpoints:
        lines.append(f"data = join(data, read_endpoints({scenario.endpoints!r}))")
    if scenario.conversion:
        lines.append(f"data = cross(data, {scenario.conversion!r})")
    settings = scenario.settings()
    fields = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
    return [*lines, f"result = nca(data, {call('ld.NcaSettings', **fields)})"]
