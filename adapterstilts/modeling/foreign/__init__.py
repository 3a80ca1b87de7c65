"""Adapters that somebody else has trained: looked at without the libraries, then taken over."""
