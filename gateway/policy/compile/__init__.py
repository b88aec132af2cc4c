"""From YAML and Rego to a tested, signed revision."""
