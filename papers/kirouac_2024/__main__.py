"""`make paper`: every panel, its data, the targets and one report."""

import sys
import time
import tomllib
from pathlib import Path

import click
import matplotlib

from livingdrug.core.versions import versions
from livingdrug.plots import SETTINGS
from livingdrug.report import Drawing, Report, Section, drawing, save, write_report
from papers.kirouac_2024 import claims, figure1, figure2, figure4a7a, figure6, figure7, figures345, table1
from papers.kirouac_2024.panel import SEED, Panel
from papers.kirouac_2024.targets import compare

PANELS = (
    *figure1.PANELS, *figure2.PANELS, *figures345.PANELS[:2], figure4a7a.panel_4a, *figures345.PANELS[2:], *figure6.PANELS,
    figure4a7a.panel_7a, *figure7.PANELS, *table1.PANELS,
)  # fmt: skip
TITLE = "Making drugs from T cells, reproduced"


@click.command()
@click.option("--out", default="out/paper", show_default=True, type=click.Path(file_okay=False))
def main(out: str) -> None:
    """Reproduce Kirouac, Zmurchok & Morris 2024 into the folder OUT."""
    folder = Path(out)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    matplotlib.rcParams.update(SETTINGS)
    start, panels, pictures = time.perf_counter(), [], {}
    for i, make in enumerate(PANELS, start=1):
        begin = time.perf_counter()
        panel = make()
        pictures[panel.name] = _save(panel, folder)
        panels.append(panel)
        click.echo(
            f"[{i:2}/{len(PANELS)}] {panel.name:3} {panel.title:40} {time.perf_counter() - begin:5.1f} s"
        )
    targets = compare(panels)
    targets.to_csv(folder / "targets.csv", index=False)
    found = claims.claims(panels)
    claims.table(found).to_csv(folder / "claims.csv", index=False)
    write_report(_report(panels, pictures, targets, found), folder / "report.html")
    _print_summary(panels, targets, found, folder, time.perf_counter() - start)
    sys.exit(1 if (targets["reason"].str.startswith("not explained")).any() else 0)


def _save(panel: Panel, folder: Path) -> Drawing:
    """PNG, SVG and CSV of a panel; returns the drawing for the report."""
    name = "table1" if panel.name == "T1" else f"figure{panel.name}"
    save(panel.figure, folder / "figures", name)
    panel.data.to_csv(folder / "data" / f"{name}.csv", index=False)
    text = (folder / "figures" / f"{name}.svg").read_text(encoding="utf-8")
    return drawing(name, text, panel.title)


def _report(panels: list[Panel], pictures: dict[str, Drawing], targets, found: list[claims.Claim]) -> Report:
    good = int((targets["verdict"] == "pass").sum())
    printed = int(targets["source"].str.startswith("Kirouac 2024").sum())
    header = ("quantity", "reference", "ours", "tolerance", "source", "verdict", "reason")
    sections = []
    for panel in panels:
        rows = targets[targets["panel"] == panel.name][list(header)].to_numpy(dtype=str).tolist()
        tables = [("our numbers against the reference", header, rows)] if rows else []
        title = panel.title if panel.name == "T1" else f"{panel.name}. {panel.title}"
        sections.append(
            Section(f"p{panel.name}", title, panel.caption, (), [pictures[panel.name]], tables, panel.label)
        )
    return Report(
        TITLE,
        (
            "Kirouac, Zmurchok & Morris 2024, npj Systems Biology and Applications 10, "
            "doi:10.1038/s41540-024-00355-3: every panel simulated from its models, with the numbers beside "
            "the reference.",
            "Sources called facts, or ending in .csv, are the project's own fact sheets: the printed "
            "numbers of the cited papers and, where the paper shows a curve only, the same equations solved "
            f"independently beforehand. {printed} of the {len(targets)} are printed in the paper itself.",
            f"{good} of {len(targets)} reference numbers agree within their tolerance; the others carry "
            "their reason.",
            claims.counted(found),
        ),
        [_claims(found), *sections, _deviations()],
        {
            "seed": str(SEED),
            "panels": str(len(panels)),
            "virtual patients": "1,000 (bands), 10,000 (2B, 2D), 432 and 12 x 432 (6F)",
            **versions(),
        },
    )


def _claims(found: list[claims.Claim]) -> Section:
    rows = claims.table(found)
    text = (
        "Each sentence with a verdict, our numbers and how it was tested, with the conditions from which the "
        "verdict follows. What is tested are models and printed numbers, no patients' data.",
    )
    cells = rows.to_numpy(dtype=str).tolist()
    return Section("claims", "What the paper says, tested", text, (), (), [("claims", tuple(rows.columns), cells)])


def _deviations() -> Section:
    rows = tomllib.loads((Path(__file__).parent / "deviations.toml").read_text(encoding="utf-8"))["deviation"]
    header = ("where", "printed", "what follows", "what we did")
    cells = [[row["where"], row["printed"], row["follows"], row["did"]] for row in rows]
    text = ("Where the printed paper, or what was read of its sources, does not give the printed result.",)
    return Section(
        "deviations",
        "Deviations and errors of the printed paper",
        text,
        (),
        (),
        [("deviations", header, cells)],
    )


def _print_summary(panels: list[Panel], targets, found: list[claims.Claim], folder: Path, seconds: float) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=TITLE, title_justify="left")
    for column in ("panel", "title", "pass", "deviates"):
        table.add_column(column)
    for panel in panels:
        verdicts = targets.loc[targets["panel"] == panel.name, "verdict"]
        good, bad = int((verdicts == "pass").sum()), int((verdicts == "deviates").sum())
        table.add_row(
            panel.name, panel.title + (f" ({panel.label})" if panel.label else ""), str(good), str(bad or "")
        )
    console = Console()
    console.print(table)
    for _, row in targets[targets["verdict"] == "deviates"].iterrows():
        console.print(
            f"{row['panel']} {row['quantity']}: {row['ours']}, reference {row['reference']}: {row['reason']}"
        )
    console.print(claims.counted(found))
    good = int((targets["verdict"] == "pass").sum())
    console.print(f"{good} of {len(targets)} targets pass; {seconds:.0f} s; open {folder / 'report.html'}")


if __name__ == "__main__":
    main()
