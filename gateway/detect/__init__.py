"""Detection: where sensitive values occur in a text.

Deterministic rules and language models behind one ``Detector`` protocol, in the process or in detector
processes, and a scanner that turns a call into findings. Only ``engine`` and the recognisers that it builds
import Presidio, spaCy and SudachiPy; the gateway's own process never does.
"""
