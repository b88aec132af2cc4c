"""Detection: where sensitive values stand in a text.

Deterministic rules (tier 0) and language models behind one ``Detector`` protocol, in the process or in
detector processes, and a scanner that turns a call into findings. Presidio, spaCy and SudachiPy are
imported by ``engine`` and the recognisers it builds alone, never by the gateway's own process.
"""
