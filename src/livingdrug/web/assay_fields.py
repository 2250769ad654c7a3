"""The steps of a killing assay on its page, and the fields of each."""

from collections.abc import Mapping

from dash import dcc, html

from livingdrug.web.address import to_query
from livingdrug.web.files import by_their_names, in_fields
from livingdrug.web.forms import Entry
from livingdrug.web.parts import attribute
from livingdrug.web.uploads import PLATE
from livingdrug.workflows import Document, checked, workflow

PATH = "/assay"
# questions to files, and questions to a fit that has come to its end
STEPS = {"assay-check": "Is the plate in order?", "assay-fit": "How fast do targets grow and effectors kill?"}
AFTER = {
    "assay-rank": "Which construct is best?",
    "assay-curves": "What would another design show?",
    "assay-predict": "What would it change in a patient?",
}
YES_NO = (("false", "no"), ("true", "yes"))
LEFT_OUT = Entry("leave_out", "Wells that take no part", "such as E8; P1 A3", apart=";")
READING = (
    Entry(
        "columns",
        "What columns and channels mean",
        "YOURS=OURS, such as Green Object Count=effectors; CMT=channel",
        apart=";",
        pairs=True,
    ),
    Entry(
        "quantity",
        "What the values measure",
        "cell_index, confluence, targets, effectors, luminescence, lysis ... where no heading says it",
    ),
    Entry("start", "When the effectors were added", "h on the clock of the readings"),
    Entry("time", "Time of the readings", "h, where a file states none"),
    Entry(
        "time_unit",
        "Unit of the times",
        choices=(
            ("", "as the file says"),
            ("h", "hours"),
            ("d", "days"),
            ("min", "minutes"),
            ("s", "seconds"),
        ),
    ),
    Entry("plate", "Name of the plate", "where the files hold none"),
    Entry(
        "size", "Wells of a plate", choices=tuple((str(n), str(n)) for n in (6, 12, 24, 48, 96, 384, 1536))
    ),
    Entry(
        "limits",
        "Limits of quantification",
        "QUANTITY=VALUE, such as targets=25; values below are censored",
        apart=";",
        pairs=True,
    ),
    Entry(
        "saturations",
        "Saturation",
        "QUANTITY=VALUE; values at or above it are censored",
        apart=";",
        pairs=True,
    ),
    Entry("beads", "Beads added to each sample", "events become cells per well"),
    Entry("volume", "Volume of a well", "uL; counts per uL become cells per well"),
    Entry("same_map", "One map for every plate", choices=YES_NO),
)
MODELS = (
    ("carrgo", "expand on antigen and die (CARRGO)"),
    ("exhaustion", "grow by themselves, lost on contact (Kirouac 2024)"),
    ("capacity", "CARRGO with a capacity"),
    ("antigen_saturating", "expansion saturates in antigen"),
    ("reversible_exhaustion", "exhausted on contact, recover"),
    ("dexamethasone", "CARRGO with dexamethasone"),
)
KILLING = (
    ("mass_action", "in proportion to effectors and targets"),
    ("saturating_effectors", "saturates in effectors"),
    ("saturating_targets", "saturates in targets"),
    ("conjugates", "conjugates"),
    ("holling_3", "slow where targets are few (Holling III)"),
    ("ratio", "depends on the ratio"),
)
FIT = (
    Entry("model", "What effectors do", choices=MODELS),
    Entry("killing", "Law of killing", choices=KILLING),
    Entry(
        "growth",
        "Growth of targets",
        choices=(("logistic", "logistic"), ("exponential", "exponential"), ("gompertz", "Gompertz")),
    ),
    Entry(
        "by",
        "Groups with rates of their own",
        "columns of the map: construct, donor, treatment, well, or all",
        apart=",",
    ),
    Entry("shared", "Rates that all wells share", "growth, another rate, or none", apart=","),
    Entry("control", "Control construct", "the first one by default"),
    LEFT_OUT,
    Entry("first", "First time that is fitted", "h"),
    Entry("last", "Last time that is fitted", "h"),
    Entry(
        "per_cell",
        "Reading per cell",
        "QUANTITY=NUMBER, for a reading that is no count: cell_index=1e-4",
        apart=";",
        pairs=True,
    ),
    Entry(
        "counted",
        "Part of a well's cells that were counted",
        "such as 0.1: small counts then err by counting too",
    ),
    Entry(
        "errors",
        "Errors of readings",
        choices=(
            ("correlated", "last for hours (impedance, imaging)"),
            ("independent", "independent"),
            ("given", "the SD of the file"),
        ),
    ),
)
FIT_MORE = (
    Entry(
        "dose",
        "Effect of the dose on a rate",
        "RATE=inhibition or RATE=linear, of the column dose of the map, such as k_kill=inhibition",
        apart=";",
        pairs=True,
    ),
    Entry("unknown_scale", "Readings whose factor per cell is estimated", "such as cell_index", apart=","),
    Entry(
        "counts",
        "How counts err",
        choices=(
            ("lognormal", "lognormal"),
            ("negative_binomial", "negative binomial (needs the part that was counted)"),
        ),
    ),
    Entry("plates", "Plates differ", choices=YES_NO),
)
FIELDS = {
    "assay-check": (LEFT_OUT, *READING[:3]),
    "assay-fit": FIT,
    "assay-rank": (
        Entry("by", "Rank by", "a rate such as k_kill, or one of kills, effector_doubling, gr_24h, rounds"),
    ),
    "assay-curves": (
        Entry("ratio", "Effectors per target at the start"),
        Entry("rounds", "Rounds"),
        Entry("hours", "Length of a round", "h"),
        Entry("targets", "Targets at the start", "cells"),
        Entry("added", "Targets added after each round", "cells"),
        Entry("kept", "Fraction of the cells that goes on"),
        Entry("new_donor", "For a donor who was not on the plate", choices=YES_NO),
    ),
    "assay-predict": (
        Entry(
            "links",
            "Which rate moves which quantity of the model",
            "RATE=QUANTITY:SLOPE+-SD; the slope is 1 +- 0.5, an assumption, where none is given",
            apart=";",
        ),
        Entry("model", "Model of patients", "in days, such as kirouac_2023 or singh_2021"),
        Entry("control", "Construct that the model's values stand for", "the first one by default"),
        Entry("days", "Horizon", "d"),
        Entry("draws", "Draws"),
    ),
}
MORE = {"assay-check": READING[3:], "assay-fit": FIT_MORE}  # folded away until something is chosen in them
# options that a message may name, and the fields in which the same is said
_CALLED = (
    Entry("map", "Plate map"),
    Entry("events", "Events"),
    Entry("limit", "Limits of quantification"),
    Entry("saturation", "Saturation"),
    Entry("wells", "Wells of a plate"),
    Entry("from", "First time that is fitted"),
    Entry("to", "Last time that is fitted"),
    Entry("counted_part", "Part of a well's cells that were counted"),
    Entry("dose_effect", "Effect of the dose on a rate"),
    Entry("count_errors", "How counts err"),
    Entry("estimate_per_cell", "Readings whose factor per cell is estimated"),
    Entry("product", "Model of patients"),
)
FOLDER = "folder"  # of an earlier fit: the field of every kind that starts from one
FIRST_LINK = "k_kill=k_kill"


def in_page_words(text: str, names: Mapping[str, str]) -> str:
    """A text with options called as the fields, and files as their user calls them."""
    entries = {e.key: e for fields in (*MORE.values(), *FIELDS.values()) for e in fields} | {
        e.key: e for e in _CALLED
    }
    return in_fields(by_their_names(text, names), tuple(entries.values()))


def step(kind: str, scenario: Document) -> Document:
    """The question of this kind to the same files, with what was said of them; a fit of the example by its
    own model."""
    noun = workflow(kind).scenario
    known = {
        n: v
        for n, v in scenario.model_dump(exclude_defaults=True).items()
        if n in noun.model_fields and n != "kind"
    }
    if kind == "assay-fit" and getattr(scenario, "files", ()) == (PLATE["files"],):
        known.setdefault("model", "exhaustion")
    return noun(**known)


def after(kind: str, ident: str) -> Document:
    """The question of this kind to the fit of this name."""
    more = {"links": (FIRST_LINK,)} if kind == "assay-predict" else {}
    return checked(workflow(kind).scenario, {FOLDER: ident, **more}, "the page")


def link(text: str, scenario: Document, here: bool = False) -> dcc.Link:
    """To a question; here: whether it is the one that the page shows."""
    return dcc.Link(
        text, href=f"{PATH}?{to_query(scenario)}", **(attribute("className", "chosen") if here else {})
    )


def steps_after(ident: str, here: str = "") -> html.Nav:
    """Links to the questions that a fit answers."""
    links = [html.Li(link(text, after(kind, ident), kind == here)) for kind, text in AFTER.items()]
    return html.Nav(html.Ul(links), **attribute("aria-label", "what the fit answers"))
