"""Rows in other languages, made by a translation model of the Hub."""
