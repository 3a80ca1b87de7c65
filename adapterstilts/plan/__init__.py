"""From a strict recipe to a deduplicated graph of stages, and the runners that work it off."""
