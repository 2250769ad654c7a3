"""Numbers on which the field agrees, and that many analyses share: each stands here once."""

Z95 = 1.959963984540054  # standard deviations of a normal distribution within which 95 % of it lie
MONTH = 28.0  # d: the window of AUC28, and of CMAX and TMAX beside it
NOT_KNOWN = "?"  # the events behind a rate that is their sum
