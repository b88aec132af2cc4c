#!/usr/bin/env bash
# Redis for the tests of shared state: the system's own package, installed where this may be done unasked.
set -euo pipefail
if command -v redis-server >/dev/null; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >/dev/null
else
    echo "redis-server is missing: its tests will be skipped. Install it: apt-get install redis-server" >&2
fi
