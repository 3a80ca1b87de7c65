"""Repositories that somebody made to do harm, each generated, each with a name of its own."""
