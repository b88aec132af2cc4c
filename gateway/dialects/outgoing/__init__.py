"""The formats in which requests leave the gateway, and which of their texts can be the caller's."""
