"""The demonstration: a real local model, the gateway in front of it, and a walkthrough that checks the results."""
