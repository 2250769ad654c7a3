"""A simulated plate of a killing assay with its map and events."""

from pathlib import Path

README = """Example data for `livingdrug assay`.

EVERYTHING HERE IS SIMULATED. No cell is behind any number.

readings.csv  counts of targets every 6 h and of effectors at the end of each round, by well (plate SIM1, 96
              wells), four rounds of 24 h; counts below 25 cells are <25. Curves of the equations of Kirouac
              2024 (growth of targets, killing, growth of effectors, loss on contact) with 10 % noise. One
              reading is 8 times too high on purpose.
map.csv       what each well holds: four made-up constructs (C1 to C4), three made-up donors, ratios of
              effectors to targets 4:1, 1:1 and 1:4, targets alone, effectors alone.
events.csv    5,000 targets are added after 24, 48 and 72 h.

The made-up truth, in C1: killing 1e-5 per cell and h, net growth of effectors 0.028 per h, loss on contact
1e-6 per cell and h. C2 kills 1.6 times as fast, C3 grows at 0.036 per h, C4 is lost 2.5 times as fast.

Try:
  livingdrug assay check readings.csv --map map.csv --events events.csv --out checked
  livingdrug assay fit readings.csv --map map.csv --events events.csv --model exhaustion --out fitted
"""
SAID = "simulated data, labelled so"


def files() -> dict:
    """readings.csv, map.csv and events.csv."""
    from livingdrug.assay.example import example_tables

    return example_tables()


def next_command(folder: Path) -> str:
    """What to try first."""
    map_and_events = f"--map {folder / 'map.csv'} --events {folder / 'events.csv'}"
    return f"assay check {folder / 'readings.csv'} {map_and_events}"
