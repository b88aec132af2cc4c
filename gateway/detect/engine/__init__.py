"""Presidio's analyzer with the project's own NLP engine and recognisers; uses rules and networks."""
