"""The slow, independent path that the tests compare with: one subject through SciPy's LSODA."""
