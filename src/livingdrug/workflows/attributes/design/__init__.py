"""How many patients it takes to see, to learn, to validate.

From the difference in SD between the classes (or the AUC it amounts to) and the number of attributes looked
at.
"""
