"""Which sample would tell two models apart: output, day, patients.

Two explanations of one course, such as rejected against unfit cells (two fits of one data set, or a model
without and with a fragment), get the same doses. For each output that both have and each day: the expected
difference over its noise between patients and in the assay, and how many patients' samples it takes to see
it.
"""
