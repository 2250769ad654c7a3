"""How systems are solved: steppers with their control and measures, exponentials of linear flows, formulas, slopes."""
