"""How files become rows: one module per layout of files, one function per shape of record."""
