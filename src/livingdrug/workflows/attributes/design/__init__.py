"""How many patients: to see an attribute, to learn from several, to validate.

From the difference in SD between the classes (or the AUC it amounts to) and the number of attributes looked
at.
"""
