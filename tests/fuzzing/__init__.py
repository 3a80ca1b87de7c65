"""Readers of what others have written, given what nobody would write."""
