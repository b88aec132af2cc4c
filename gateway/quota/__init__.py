"""How much a caller may use: reserve before the work, settle after it."""
