"""The only way out: everything that is sent to a model passes through here, as a ``Cleared``."""
