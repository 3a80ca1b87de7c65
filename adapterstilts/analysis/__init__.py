"""What the scores say: means, gains and their intervals, and the report; never runs a model."""
