"""Hostile inputs at n, 2n and 4n: the cost of every stage must grow with the text and not faster."""
