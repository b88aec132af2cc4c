"""The demonstration: a real local model, the gateway in front of it, and a tour that checks its promises."""
