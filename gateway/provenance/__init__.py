"""Where weights come from: signed records of them, and what a deployment shows beside its record."""
