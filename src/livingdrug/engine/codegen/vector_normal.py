"""The normal distribution function in lanes: its logarithm, and the density over it.

Both rest on the scaled complementary error function e^(x^2) erfc(x), x >= 0, which is a polynomial in
(x - SHIFT) / (x + SHIFT) divided by 1 + 2 x (Shepherd and Laframboise 1981, Math Comp 36:249-253). The coefficients
are those of the Chebyshev series of that function, computed with 60 digits; the first one left out is 5e-17.
"""

from livingdrug.engine.codegen.vector_functions import plain_log
from livingdrug.engine.codegen.vector_math import compiled, polynomial
from livingdrug.engine.codegen.vectors import choose, exponential, size

SHIFT = 3.75
TERMS = (
    1.2375126308378275,
    -0.14024059858554697,
    0.0035854154854790257,
    0.0822767384901452,
    -0.10880393014244462,
    0.09230432116037748,
    -0.05869339857664934,
    0.028362277418956406,
    -0.009746579683265262,
    0.0017556258528952954,
    0.000293714378044958,
    -0.0002901540805408417,
    5.164652974177416e-05,
    2.238423915508223e-05,
    -1.1438048033346894e-05,
    -9.73559896736775e-07,
    1.7419821586224816e-06,
    -5.7218230603224086e-08,
    -2.4857126248016745e-07,
    2.3263508708859124e-08,
    3.197926671666804e-08,
    -3.744210080962018e-09,
    -2.623107347133476e-09,
    3.1114333809799254e-10,
)
FARTHEST = 1e300  # beyond, nothing but the square of z counts
SQRT_HALF, ROOT_2_OVER_PI, ROOT_1_OVER_2PI = 0.7071067811865476, 0.7978845608028654, 0.3989422804014327

_scaled_terms = polynomial("_scaled_terms", TERMS)


@compiled
def log_phi_and_ratio(z):
    """(ln Phi(z), phi(z) / Phi(z))."""
    x = choose(size(z), FARTHEST, size(z), FARTHEST) * SQRT_HALF
    scaled = _scaled_terms((x - SHIFT) / (x + SHIFT)) / (1.0 + 2.0 * x)
    square = -0.5 * z * z
    density = exponential(square)
    beyond = 0.5 * density * scaled  # Phi(-|z|)
    rest = 1.0 - beyond
    inner = plain_log(choose(z, 0.0, 0.5 * scaled, rest))
    # Kahan's correction, as in `log1p`
    above = inner - ((rest - 1.0) + beyond) / rest
    ratio = choose(z, 0.0, ROOT_2_OVER_PI, density * ROOT_1_OVER_2PI) / choose(z, 0.0, scaled, rest)
    return choose(z, 0.0, square + inner, above), ratio
