"""The `attributes-carry` kind: an attribute as driver of a quantity of a mechanistic model."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import field_validator

from livingdrug.attributes import MEAN, Ratio, drawn, ratios_of, read_products, read_ratio
from livingdrug.core.conventions import MONTH
from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.core.names import unknown
from livingdrug.core.random import normals
from livingdrug.models import build_model
from livingdrug.simulation import Link, Prediction, carry, read_link, read_with_sd, settled
from livingdrug.workflows.document import Document
from livingdrug.workflows.fields import INPUT, MODEL, About, commas
from livingdrug.workflows.shared_fields import DAYS, EvenSo, SeedOfDraws

MEASURED = "attribute"  # the uncertainty of the ratio
NEW, REFERENCE = "new product", "the reference product"


class Carry(Document):
    """Carry a ratio of an attribute over to a model of patients."""

    FILES: ClassVar = ("products",)
    EXAMPLES: ClassVar = (
        "livingdrug attributes carry kirouac_2023 --map memory=e_memory:1+-0.5 --change memory=1.2+-0.1 "
        "--response CMAX=1.1+-0.4 --rate 0.5",
        "livingdrug attributes carry kirouac_2023 --products products.csv --lot S02,S05 --cv 0.1 "
        "--map 'Tn/Tscm (%)=e_memory' --out run_carried",
    )

    kind: Literal["attributes-carry"] = "attributes-carry"
    model: Annotated[
        str,
        About(
            "Model of patients, in days, whose values stand for the reference product.", group=MODEL, argument=True
        ),
    ]
    links: Annotated[
        tuple[str, ...],
        About(
            "Which attribute moves which quantity of the model, and the slope of their logarithms with its SD; "
            "1+-0.5 where none is given. A doubling time moves a rate of division by -1.",
            ("--map",),
            metavar="ATTRIBUTE=QUANTITY[:SLOPE+-SD]",
            read=commas,
        ),
    ]
    changes: Annotated[
        tuple[str, ...],
        About(
            "Ratio of the attribute to that of the reference product, with its SD: memory=1.2+-0.1 is a fifth more.",
            ("--change",),
            metavar="ATTRIBUTE=RATIO[+-SD]",
            read=commas,
        ),
    ] = ()
    products: Annotated[
        str | None, About("A table of products, in place of --change; see `attributes check`.", group=INPUT)
    ] = None
    lots: Annotated[
        tuple[str, ...],
        About(
            "With --products: patients or products of the table that are carried over.",
            ("--lot",),
            INPUT,
            metavar="NAME,...",
            read=commas,
        ),
    ] = ()
    control: Annotated[
        str | None,
        About("With --products: the reference product; the geometric mean of all by default.", group=INPUT),
    ] = None
    cv: Annotated[
        float | None,
        About("With --products: CV of one measured value (0.1 = 10 %; 0 if it is to count as exact).", group=INPUT),
    ] = None
    response: Annotated[
        str | None,
        About(
            "Exposure that drives the response, and the log-odds of response for an e-fold of it with its SD, such as "
            "`livingdrug response` estimates on the logarithm: CMAX=1.1+-0.4. Needs --rate.",
            metavar="EXPOSURE=SLOPE+-SD",
        ),
    ] = None
    rate: Annotated[
        float | None, About("With --response: probability of response with the reference product.")
    ] = None
    days: Annotated[float, DAYS] = MONTH
    draws: Annotated[int, About("Draws of the ratios and of the slopes.")] = 300
    seed: SeedOfDraws = 1
    even_so: EvenSo = False

    @field_validator("draws")
    @classmethod
    def _enough(cls, given: int) -> int:
        if not 20 <= given <= 100_000:
            raise ValueError("give 20 to 100,000 draws")
        return given

    @field_validator("days")
    @classmethod
    def _later(cls, given: float) -> float:
        if not 0 < given <= 3650:
            raise ValueError("give days above 0, 3650 at the most")
        return given


@dataclass(frozen=True)
class Carried:
    """links; ratios: product -> ratio of each attribute; control: what they are compared with; found: the changes;
    responses: product -> probability of response (median, low, high of a 95 % band), empty where none was asked for."""

    links: tuple[Link, ...]
    ratios: dict[str, tuple[Ratio, ...]]
    control: str
    found: Prediction
    responses: dict[str, tuple[float, float, float]]


def run(scenario: Carry) -> Carried:
    """Read, draw, simulate. Raises InputError for what cannot be carried over."""
    model = build_model(scenario.model, even_so=scenario.even_so)
    links = tuple(settled(model, [read_link(text) for text in scenario.links]))
    slope = _response(scenario)
    ratios = _ratios(scenario, tuple(link.rate for link in links))
    control = REFERENCE if not scenario.products else scenario.control or MEAN
    logs = {who: drawn(own, scenario.draws, scenario.seed, who) for who, own in ratios.items()}
    found = carry(model, links, logs, control, scenario.days, scenario.seed, MEASURED)
    responses = {who: _responding(scenario, found, who, *slope) for who in ratios} if slope else {}
    return Carried(links, ratios, control, found, responses)


def _response(scenario: Carry) -> tuple[str, float, float] | None:
    """Exposure, slope and SD of --response. Raises InputError for other texts, and for one of two options alone."""
    if (scenario.response is None) != (scenario.rate is None):
        raise InputError("--response and --rate belong together: the slope, and the probability with the reference product")
    if scenario.response is None or scenario.rate is None:
        return None
    if not 0 < scenario.rate < 1:
        raise InputError(f"--rate is {scenario.rate:g}; give a probability above 0 and below 1")
    exposure, _, text = scenario.response.rpartition("=")
    try:
        slope, sd = read_with_sd(text)
        if not exposure.strip():
            raise ValueError
    except ValueError:
        raise InputError(
            f"--response `{scenario.response}` cannot be read; write EXPOSURE=SLOPE+-SD, such as CMAX=1.1+-0.4"
        ) from None
    return exposure.strip(), slope, sd or 0.0


def _responding(
    scenario: Carry, found: Prediction, who: str, exposure: str, slope: float, sd: float
) -> tuple[float, float, float]:
    """Probability of response of a product: logit(rate) + slope * ln(ratio of the exposure)."""
    names = [name for product, name in found.draws if product == who]
    same = [name for name in names if name == exposure or name.endswith(f" {exposure}")]
    if len(same) != 1:
        raise InputError("--response: " + unknown("exposure", exposure, names))
    ratio = found.draws[who, same[0]]
    slopes = slope + sd * normals(scenario.seed, f"attributes carry response {who}", 0, len(ratio))
    rate = known(scenario.rate, "--rate")
    eta = np.log(rate / (1 - rate)) + slopes * np.log(np.maximum(ratio, 1e-300))
    middle, low, high = np.quantile(1 / (1 + np.exp(-eta)), (0.5, 0.025, 0.975))
    return float(middle), float(low), float(high)


def _ratios(scenario: Carry, attributes: tuple[str, ...]) -> dict[str, tuple[Ratio, ...]]:
    """Product -> ratio of the attribute of each link, in their order."""
    if bool(scenario.products) == bool(scenario.changes):
        raise InputError("give either the ratio of the attribute (--change) or a table of products (--products)")
    if scenario.products:
        if not scenario.lots:
            raise InputError("--products: say which products are carried over (--lot NAME,...)")
        if scenario.cv is None or not 0 <= scenario.cv < 2:
            raise InputError("--products: give the CV of one measured value (--cv 0.1; 0 if it is to count as exact)")
        return ratios_of(read_products(scenario.products), attributes, scenario.lots, scenario.control, scenario.cv)
    if scenario.lots or scenario.control or scenario.cv is not None:
        raise InputError("--lot, --control and --cv speak of a table; give it (--products)")
    given = {r.attribute: r for r in map(read_ratio, scenario.changes)}
    for name in attributes:
        if name not in given:
            raise InputError("--map: " + unknown("attribute of --change", name, given))
    for name in given:
        if name not in attributes:
            raise InputError(f"--change: nothing says what `{name}` moves; add it (--map {name}=QUANTITY)")
    return {NEW: tuple(given[name] for name in attributes)}
