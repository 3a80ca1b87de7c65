"""The shapes of problems, one module each; `tasks.registry.FORMATS` finds them."""
