"""Paths, users, machines and tokens, taken out of all that others will read."""
