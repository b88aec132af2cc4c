#!/usr/bin/env bash
# Chromium for the tests of what a reply sends when it is opened: the system's own package, installed where this may be done unasked.
set -euo pipefail
if command -v chromium >/dev/null; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
    echo "chromium is missing: its tests will be skipped. Install it: apt-get install chromium" >&2
fi
