"""What all attributes together predict of patients not seen.

Everything that looks at data lies inside the folds. Beside the result stand outcomes dealt at random, the
study label, and the clinical columns. Into a folder (--out) goes a model that `attributes predict` reads.
"""
