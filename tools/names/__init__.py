"""Trains the network that finds names and addresses in English text.

Not part of the gateway. ``python -m tools.names.train`` needs Faker and a city list beside the gateway's own
packages, and public text that teachers have labelled, which is not in the tree: another run gives other weights.
Those in use are in ``gateway/detect/weights``, with a model card and their digest.
"""
