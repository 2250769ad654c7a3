"""Simulated products, expression and signatures for attributes."""

from pathlib import Path

NEW = 5  # products that are written once more without their outcome, as new ones
README = """Example data for `livingdrug attributes`.

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
SAID = "simulated data, labelled so"


def files() -> dict:
    """Products, new products, expression and signatures."""
    from livingdrug.attributes import example_expression, example_products

    products = example_products()
    expression, sets = example_expression()
    new = products.head(NEW).drop(columns=["response", "log CMAX", "PFS (d)", "PFS event"])
    return {"products.csv": products, "new_products.csv": new, "expression.csv": expression.reset_index(),
            "signatures.gmt": sets}  # fmt: skip


def next_command(folder: Path) -> str:
    """What to try first."""
    return f"attributes relate {folder / 'products.csv'} --outcome CR+PR"
