"""``sekisho policy``: check, test, build, diff, replay and new."""
