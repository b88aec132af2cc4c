"""Trains the network that finds names and addresses in English text.

Not part of the gateway. ``python -m tools.names.train`` needs the packages of the group ``names``; the weights it
writes are in ``gateway/detect/weights``, with a model card.
"""
