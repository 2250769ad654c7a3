"""Events."""
ADD, RATE, SET = 0, 1, 2  # replaced
