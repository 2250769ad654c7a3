"""How all tests run: linear algebra in one thread, and garbage looked for now and then."""

import gc
import os

# `make test` has a process for each core. Threads of linear algebra beside them look for work without a pause
# and take the cores from the tests: some took twenty times the processor time. Read as NumPy is imported, which no
# plugin of pytest may do before this (pyproject.toml).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# as the command itself has it: eight thousand tests are many objects to go through after every 700 new ones
gc.set_threshold(50_000)
