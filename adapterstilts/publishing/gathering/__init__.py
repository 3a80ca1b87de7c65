"""From stages of a store to an item: what was trained, its history, scores and baselines."""
