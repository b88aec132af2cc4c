"""Presidio's registry with our engine and recognisers; uses rules and networks."""
