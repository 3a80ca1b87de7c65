"""Models, methods and compositions: the only room that knows torch."""
