# One verb each. Nothing is needed before them but Python 3.11 or newer, make, and a network for packages.
PYTHON ?= python3
BIN := .venv/bin
SERVE ?= 1
WORKERS ?= 3

# Every template of pages; those of mails are whole by themselves, and what was sent stays as it was.
TEMPLATES := templates/web

.PHONY: demo run test chaos bench mutants lint fmt

demo: .venv/.installed  ## a sample briefing, composed, delivered to the local outbox, and the desk to look at it
	$(BIN)/newsletter demo $(if $(filter 0,$(SERVE)),--no-serve)

run: .venv/.installed  ## everything, in this folder's newsletter-data
	$(BIN)/newsletter setup
	$(BIN)/newsletter run

# Three at once also on two processors, for many tests wait for processes of theirs. Who has nothing left takes over
# from the others: the longest tests come last.
test: .venv/.tested lint  ## lint, types, architecture, and all tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

chaos: .venv/.tested  ## 200,000 readers in a storm: faults, kills, late events; nobody twice, nobody lost
	$(BIN)/python -m tests.delivery.chaos

bench: .venv/.tested  ## speed, as ratios against a named baseline in the same run
	$(BIN)/python -m benchmarks

mutants: .venv/.tested  ## small changes to what decides who gets mail: each must fail a test (MODULE=policy: that one)
	$(BIN)/python -m tests.mutants $(MODULE)

lint: .venv/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --check --quiet $(TEMPLATES)
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: .venv/.tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet $(TEMPLATES)

.venv/.made:
	"$(PYTHON)" -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is %s" % sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	"$(PYTHON)" -m venv --clear .venv
	@touch $@

.venv/.installed: pyproject.toml constraints.txt | .venv/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/.tested: pyproject.toml constraints.txt | .venv/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ .venv/.installed

.PHONY: messages
messages: .venv/.tested ## Bring the translations of pages up to date and compile them.
	$(BIN)/python -m tests.web.messages
