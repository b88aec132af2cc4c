"""The outermost layer: routes, guards on raw requests, reply headers."""
