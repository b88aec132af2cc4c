"""Facts in, a decision out: the rules are Rego and YAML under ``policies/``, built into one revision."""
