"""How all tests run: linear algebra in one thread."""

import os

# `make test` has a process for each core. Threads of linear algebra beside them look for work without a pause
# and take the cores from the tests: some took twenty times the processor time. Read as NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
