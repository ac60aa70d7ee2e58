# Two commands for users: `make run` and `make demo`; one for developers: `make test`.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --quiet --disable-pip-version-check

.PHONY: secrets stack chaos bench-ingest bench-latency help run demo test lint types contracts tests acceptance corpus bench bench-actors bench-stories bench-topics chaos-slack headlines rogues screenshots vocabulary lock clean

help:
	@echo "make run         start everything: database, classifier, Airflow UI on http://localhost:8080"
	@echo "make demo        the same on sample feeds, without a network or a Slack workspace"
	@echo "make test        lint, types, import contracts and the whole test suite"
	@echo "make bench       feeds and articles a second beside the plain loop"
	@echo "make corpus      parser and extractor beside others, over every real feed and page at hand"
	@echo "make bench-actors articles a second in which actors are found"
	@echo "make chaos       the whole system while everything fails, beside a run in peace"
	@echo "make chaos-slack 1,000 alerts through a Slack that fails, by senders that are killed"
	@echo "make headlines   10,000 hostile headlines in every message, by all that Slack's rules say"
	@echo "make bench-ingest  feeds a second beside reader and the plain loop (ARGS='--feeds 300': shorter;"
	@echo "                 ARGS=--many: 10,000 feeds beside hosts that are slow)"
	@echo "make rogues      a hundred hostile servers ten times over: memory and open files stay as they are"
	@echo "make bench-stories  articles a second put into stories, beside datasketch and a dense cosine"
	@echo "make vocabulary  count anew the words of the background that grouping compares with"
	@echo "make bench-latency seconds from a hit to Slack, by the command line and by Airflow"
	@echo "make bench-topics texts a second of the classifier, against its limits"
	@echo "make screenshots the pictures of docs/img, from a running demo"
	@echo "make secrets     the files of secrets/ that docker-compose.yml wants and that are missing"
	@echo "make stack       every service of docker-compose.yml natively; DAGs on Celery, a worker killed"
	@echo "make lock        renew the lock files from pyproject.toml"

run: .venv/run
	@$(BIN)/monitor up

demo: .venv/run
	@$(BIN)/monitor up --demo

test: .venv/dev lint types contracts tests

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/mypy

contracts: .venv/dev
	$(BIN)/lint-imports

# Two processes, each file in one of them: half of the time is waiting for servers. JOBS=0 takes none.
tests: .venv/dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile
JOBS ?= 2

acceptance: .venv/dev
	$(BIN)/python -m pytest tests/acceptance -s

corpus: .venv/dev
	MONITOR_FULL_CORPUS=1 $(BIN)/python -m pytest tests/corpus -s

bench: .venv/dev
	$(BIN)/python tests/bench/cycle.py

bench-actors: .venv/dev
	$(BIN)/python tests/bench/actors.py

chaos: .venv/dev
	MONITOR_CHAOS_WHOLE=1 $(BIN)/python -m pytest tests/chaos/test_whole.py -s

chaos-slack: .venv/dev
	MONITOR_CHAOS_WHOLE=1 $(BIN)/python -m pytest tests/chaos/test_chaos.py -s

headlines: .venv/dev
	MONITOR_HEADLINES=10000 $(BIN)/python -m pytest tests/alerts/test_headlines.py -s

rogues: .venv/dev
	MONITOR_ROGUE_ROUNDS=10 $(BIN)/python -m pytest tests/feeds/test_rogues.py -s

bench-ingest: .venv/dev
	$(BIN)/python tests/bench/ingest.py $(ARGS)

bench-stories: .venv/dev
	$(BIN)/python tests/bench/stories.py $(ARGS)

vocabulary: .venv/dev
	$(BIN)/python tests/bench/vocabulary.py
bench-latency: .venv/dev
	$(BIN)/python tests/bench/latency.py $(ARGS)

bench-topics: .venv/dev
	$(BIN)/python tests/bench/topics.py

# Only what is missing is made: what the databases were set up with must not change.
secrets:
	@$(PYTHON) deploy/make_secrets.py

stack: .venv/dev
	MONITOR_STACK_WHOLE=1 $(BIN)/python -m pytest tests/stack -s

screenshots: .venv/dev
	$(BIN)/python -m pytest tests/screenshots -s

# The lock files are complete: without --no-deps, older pips look for newer versions of what they pin.
.venv/run: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Python 3.11 to 3.13 is needed: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked dependencies (a minute or two) ..."
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/run requirements-dev.lock
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

# The options keep every address of an index out of the lock files.
lock: .venv/dev
	$(BIN)/uv pip compile $(LOCK) --extra build -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCK) --extra build --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

clean:
	rm -rf .venv .monitor .airflow build *.egg-info
