"""What every layer needs and none of it knows T cells: errors, units, expressions, sources, random
streams."""
