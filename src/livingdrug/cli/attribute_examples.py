"""`livingdrug example attributes`: made-up products and expression, simulated from start to end."""

from pathlib import Path

import click

from livingdrug.core.errors import InputError

NEW = 5  # products that are written once more without their outcome, as new ones
ABOUT = """Example data for `livingdrug attributes`.

EVERYTHING HERE IS SIMULATED. No patient and no product is behind any number.

products.csv      60 made-up products of three made-up studies: phenotype fractions, release attributes, clinical
                  columns, response, log CMAX and PFS. One thing matters in the made-up truth: a memory factor behind the
                  fractions (1.3 SD).
new_products.csv  five products without their outcome, as if they were new.
expression.csv    made-up log expression of 300 made-up genes in the same products.
signatures.gmt    six sets of these genes; the first one goes with the memory factor.

Try:
  livingdrug attributes check products.csv
  livingdrug attributes relate products.csv --outcome CR+PR
  livingdrug attributes learn products.csv --outcome CR+PR --out run_model
  livingdrug attributes predict new_products.csv --folder run_model
  livingdrug attributes learn products.csv --outcome 'PFS (d):PFS event' --new new_products.csv
  livingdrug attributes learn products.csv --outcome CR+PR --expression expression.csv --signatures signatures.gmt
  livingdrug attributes carry kirouac_2023 --map memory=e_memory:1+-0.5 --change memory=1.2+-0.1
  livingdrug attributes range products.csv --outcome CR+PR --attribute 'Tn/Tscm (%)'
  livingdrug attributes score expression.csv --signatures signatures.gmt --out scores.csv
  livingdrug attributes relate scores.csv --endpoints products.csv --outcome CR+PR
  livingdrug attributes design --effect 1.2 --features 28
"""


def write_attributes_example(folder: str) -> None:
    """Write the files. Raises InputError where one of them exists."""
    from livingdrug.attributes import example_expression, example_products
    from livingdrug.core.export import write_csv
    from livingdrug.report import check_folder

    check_folder(folder)
    path = Path(folder)
    names = ("products.csv", "new_products.csv", "expression.csv", "signatures.gmt", "README.txt")
    there = [name for name in names if (path / name).exists()]
    if there:
        raise InputError(f"`{path / there[0]}` exists already and is not overwritten; name an empty folder")
    path.mkdir(parents=True, exist_ok=True)
    products = example_products()
    expression, sets = example_expression()
    write_csv(products, path / names[0])
    write_csv(products.head(NEW).drop(columns=["response", "log CMAX", "PFS (d)", "PFS event"]), path / names[1])
    write_csv(expression.reset_index(), path / names[2])
    (path / names[3]).write_text(sets, encoding="utf-8")
    (path / names[4]).write_text(ABOUT, encoding="utf-8")
    click.echo(f"wrote {', '.join(names)} to {folder}: simulated data, labelled so", err=True)
    click.echo(f"next: livingdrug attributes relate {path / names[0]} --outcome CR+PR", err=True)
