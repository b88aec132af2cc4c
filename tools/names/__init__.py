"""Trains the network that finds names and addresses in English text: ``make models``.

Not part of the gateway. It runs in an environment of its own (``requirements/models.lock``): ``corpus`` gathers
public text and has two teachers label it, ``train`` learns from that and from generated text. The weights in use
are in ``gateway/detect/networks/weights``, with a model card and their digest.
"""
