"""The command line: commands parse, functions act."""
