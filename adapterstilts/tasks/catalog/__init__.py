"""Declarations of tasks, and nothing else; every module here is read by the registry."""
