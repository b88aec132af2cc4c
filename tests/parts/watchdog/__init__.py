"""Finds callbacks that hold an event loop: CPU time of its thread between two turns."""
