"""The files beside the card: the library's own, under names and keys that others can load."""
