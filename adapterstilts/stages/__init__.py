"""Units of work: one file per kind, each a frozen configuration and the function that runs it."""
