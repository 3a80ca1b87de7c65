"""Showing what something is before it is used."""
