"""The embedded default: a generated family of languages, problems in them, and a tiny backbone."""
