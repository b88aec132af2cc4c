"""The configuration: one YAML file, validated as a whole; all faults are reported at once."""
