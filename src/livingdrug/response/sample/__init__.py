"""What enters a fit: tables of subjects, which columns are what, which rows stay, exposure and outcome of
each subject."""
