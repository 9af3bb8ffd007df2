# Every target sets up .venv by itself, from a lock file with hashes. PYTHON=… chooses the interpreter.
.PHONY: help demo test check lint format docs bench lock clean
.DEFAULT_GOAL := help
BIN := .venv/bin

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

demo: setup ## The whole loop on real data: commit, train, compare, package, deploy, roll back (ARGS=…)
	@$(BIN)/emel demo $(ARGS)

test: lint ## Everything that CI runs: linters, types, import contracts, all tests
	@scripts/browser
	@scripts/pipeline-runner
	@echo "==> All tests, those that start real tools and servers too"
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: lint ## The same without the slow tests
	@echo "==> Fast tests"
	@$(BIN)/python -m pytest -m "not slow" -n 2 --dist worksteal $(ARGS)

lint: setup ## Linters, types, import contracts
	@echo "==> ruff"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@echo "==> mypy --strict"
	@$(BIN)/mypy
	@echo "==> import contracts"
	@$(BIN)/lint-imports

format: setup ## Let ruff mend what it can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

docs: setup ## Write the generated pages and tables under docs
	@$(BIN)/python scripts/reference.py
	@$(BIN)/python scripts/serverless_or_not.py
	@$(BIN)/python scripts/cloud_training.py

bench: setup ## The measured comparisons, one after another
	@for file in bench/*.py; do echo "==> $$file"; $(BIN)/python $$file || exit 1; done

lock: setup ## Resolve the lock file anew (needs uv)
	uv pip compile pyproject.toml --extra all --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements/dev.lock

clean: ## Remove .venv and caches
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist

.PHONY: setup
setup:
	@scripts/bootstrap
