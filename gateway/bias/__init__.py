"""Measures the political bias of a deployment's answers: questions, scores, and dated results."""
