"""The scan stage: turns segments into findings, and splits streamed replies into units that can be scanned."""
