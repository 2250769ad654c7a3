"""From equations to compiled code: symbolic work, generated source, vectors of subjects, machine code that is kept."""
