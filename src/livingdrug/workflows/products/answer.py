"""What is published of products: a list, every number of one, or their variability between subjects."""

from livingdrug.core.words import number
from livingdrug.products import ProductCard
from livingdrug.report import Answer, Table, cell
from livingdrug.workflows.products.spec import Products, ProductsFound

METHOD = (
    "log-SD: SD of the natural logarithm; geometric CV = sqrt(exp(log-SD^2) - 1). Intervals are 95 %, "
    "chi-squared for a log-SD and F for a ratio, as if subjects were log-normal and groups independent"
)
NOT_COMPARABLE = (
    "assays, sampling, response status and selection differ between groups; a log-SD from a mean and an SD "
    "leans on the log-normal shape more than one from a geometric CV"
)


def answer(scenario: Products, found: ProductsFound) -> Answer:
    """A list of products, all numbers of one, or a comparison of variability."""
    if scenario.variability:
        return _variability(scenario, found)
    if scenario.product:
        return _one(found.cards[0])
    with_numbers = sum(bool(card.exposures) for card in found.cards)
    return Answer(
        title="CAR-T and TCR-T products",
        question="Which products are known here, and what is published of them?",
        sentences=(
            f"{len(found.cards)} products, {with_numbers} with published exposure; a name shows every "
            "number with its source (livingdrug products Kymriah).",
        ),
        tables=(_list(found.cards),),
    )


def _list(cards: tuple[ProductCard, ...]) -> Table:
    rows = tuple(
        (
            c.product,
            c.trade_name or "-",
            c.target,
            _measured(c),
            cell(len(c.responses)),
            ", ".join(c.models) or "-",
            c.not_read,
        )
        for c in cards
    )
    header = ("product", "trade name", "target", "published exposure", "responses", "models", "not read")
    return Table("products", header, rows)


def _measured(card: ProductCard) -> str:
    counts: dict[str, int] = {}
    for fact in card.exposures:
        if fact.parameter and fact.value is not None:
            counts[fact.parameter] = counts.get(fact.parameter, 0) + 1
    return ", ".join(f"{name} ({count})" for name, count in counts.items()) or "none"


def _one(card: ProductCard) -> Answer:
    exposures = tuple(
        (f.group, f.n or "-", f.metric, f.printed, f.unit, f.assay, f.source) for f in card.exposures
    )
    responses = tuple(
        (r["study"], r["subgroup"], r["endpoint"], f"{r['events']}/{r['n']}", r["percent"], r["source"])
        for r in card.responses
    )
    groups = len({f.group for f in card.exposures})
    return Answer(
        title=card.product + (f" ({card.trade_name})" if card.trade_name else ""),
        question=f"What is published of {card.product}?",
        sentences=(
            f"Target {card.target}; {len(exposures)} published exposures of {groups} groups, "
            f"{len(responses)} rates of response or toxicity; models: "
            f"{', '.join(card.models) or 'none in the library'}.",
            f"Looked for and not read: {card.not_read}.",
        ),
        tables=tuple(
            table
            for table in (
                Table(
                    "exposure", ("group", "n", "measure", "published", "unit", "assay", "source"), exposures
                ),
                Table("response", ("study", "subgroup", "endpoint", "events", "%", "source"), responses),
            )
            if table.rows
        ),
    )


def _variability(scenario: Products, found: ProductsFound) -> Answer:
    rows = tuple(
        (
            g.card.target,
            g.card.product,
            g.fact.group,
            cell(g.n),
            cell(g.log_sd, ends=(g.low, g.high)),
            f"{g.fact.spread_type} {g.fact.spread}",
            g.fact.assay,
            g.fact.source,
        )
        for g in found.groups
    )
    header = ("target", "product", "group", "n", "log-SD (95 %)", "as published", "assay", "source")
    ratios = tuple(
        (
            f"{r.above.card.product}, {r.above.fact.group}",
            f"{r.below.card.product}, {r.below.fact.group}",
            cell(r.ratio, ends=(r.low, r.high)),
        )
        for r in found.ratios
    )
    tables = [Table(f"between-subject variability of {scenario.variability}", header, rows)]
    if ratios:
        heads = ("BCMA", "CD19", "ratio of log-SD (95 %)")
        tables.append(
            Table("BCMA over CD19, largest group of each product, assay and indication", heads, ratios)
        )
    return Answer(
        title=f"Between-subject variability of {scenario.variability}",
        question=f"How much does {scenario.variability} vary between subjects of each product?",
        sentences=_sentences(scenario, found),
        flags=(NOT_COMPARABLE,),
        checks=(METHOD,),
        tables=tuple(tables),
    )


def _sentences(scenario: Products, found: ProductsFound) -> tuple[str, ...]:
    low = min(found.groups, key=lambda g: g.log_sd)
    high = max(found.groups, key=lambda g: g.log_sd)
    said = [
        f"The log-SD of {scenario.variability} runs from {number(low.log_sd)} ({low.card.product}, "
        f"{low.fact.group}) to {number(high.log_sd)} ({high.card.product}, {high.fact.group})."
    ]
    if found.ratios:
        apart = [r for r in found.ratios if r.low > 1 or r.high < 1]
        less = sum(r.high < 1 for r in apart)
        said.append(
            f"Of {len(found.ratios)} comparisons of a BCMA group with a CD19 group, the interval of the "
            f"ratio leaves out 1 in {len(apart)}: less variable under BCMA in {less}, more in "
            f"{len(apart) - less}."
        )
    return tuple(said)


def table(scenario: Products, found: ProductsFound):
    """A row for each published number, or for each group with a variability."""
    import pandas as pd

    if scenario.variability:
        return pd.DataFrame(
            [
                {
                    "target": g.card.target,
                    "product": g.card.product,
                    "group": g.fact.group,
                    "n": g.n,
                    "parameter": g.fact.parameter,
                    "log_sd": g.log_sd,
                    "low": g.low,
                    "high": g.high,
                    "source": g.fact.source,
                }
                for g in found.groups
            ]
        )
    columns = [
        "product",
        "target",
        *(
            f
            for f in (
                "indication",
                "population",
                "n",
                "assay",
                "dose",
                "metric",
                "parameter",
                "statistic",
                "value",
                "unit",
                "spread_type",
                "spread",
                "log_sd",
                "source",
            )
        ),
    ]
    rows = [{"target": c.target, **vars(f)} for c in found.cards for f in c.exposures]
    return pd.DataFrame(rows, columns=columns)
