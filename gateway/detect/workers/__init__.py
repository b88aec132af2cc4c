"""Detector processes: the fork server, its workers, and the gateway's side of both."""
