"""Many gateway processes that act as one: a supervisor, and the workers that it starts and replaces."""
