"""Publishing what was trained: it is gathered, its folder written, and sent."""
