"""Whether an exposure that something computes is the one that a curve is on, and what turns it into the
curve's unit."""

from collections.abc import Mapping

from livingdrug.core.errors import InputError, UnitError
from livingdrug.core.units import conversion
from livingdrug.response.models.curve import Curve


def exposure_factor(curve: Curve, given: Mapping[str, str], by: str) -> float:
    """What turns an exposure into the unit of a curve; the one rule for everything that puts exposures into
    curves.

    Parameters
    ----------
    curve : Curve
        A probability over exposure, with the covariance of its coefficients.
    given : mapping of str to str
        Exposure -> unit, of all that can be put into a curve.
    by : str
        What gives them, for messages: a command, a model.

    Returns
    -------
    float
        Above 0.

    Raises
    ------
    InputError
        For a curve on another exposure, a curve that does not state a unit (an EC50 without one is no number
        to compare with), and a unit that measures something else.
    """
    if curve.exposure not in given:
        raise InputError(
            f"curve `{curve.name}` is on `{curve.exposure or 'an exposure without a name'}`; {by} gives "
            f"{' and '.join(given)}"
        )
    unit = given[curve.exposure]
    if not curve.unit:
        raise InputError(
            f"curve `{curve.name}` has no stated unit of its {curve.exposure}, and {by} gives it in {unit}; "
            "write `unit` in its file, or fit it to exposures with a unit in their heading or with --unit"
        )
    try:
        factor = conversion(unit, curve.unit)
    except UnitError as error:
        raise InputError(f"curve `{curve.name}`, unit of its {curve.exposure}: {error}") from None
    if factor is None:
        raise InputError(
            f"curve `{curve.name}` is on {curve.exposure} in {curve.unit}, and {by} gives it in {unit}; take "
            "a curve or an output of the same unit"
        )
    return float(factor)
