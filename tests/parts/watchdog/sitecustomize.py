"""Installs the watchdog in gateways that tests start: Python imports this module at start where it is on the path.

Other programs that inherit the environment are left as they are.
"""

import importlib
import sys


def _is_gateway() -> bool:
    """Whether the command line is that of ``sekisho``; a detector process has no event loop."""
    words = sys.orig_argv
    return "gateway" in words or any(word.endswith("/sekisho") for word in words)


if _is_gateway():
    importlib.import_module("loop_watchdog").install_from_environment()
