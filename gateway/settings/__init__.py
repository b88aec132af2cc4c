"""Settings: one YAML file, frozen, and all its faults reported at once."""
