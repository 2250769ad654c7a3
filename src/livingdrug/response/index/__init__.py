"""The therapeutic index: two curves of the same subjects, how far they lie apart, what an exposure would
give."""
