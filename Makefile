# The commands of this project. `make run` and `make test` also work on a fresh machine.
.DEFAULT_GOAL := help
.PHONY: help run once status airflow history rebuild import verify query tables backtest rollback alert-test plan up down stop clean test check style lint validate schema outline requirements expectations
.PHONY: test-parts test-systems install-dev style-types style-code lint-pipelines lint-words secrets backup backups restore restore-tables upgrade

# The first suitable Python; name another one by make PYTHON=... run
FITS = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c '$(FITS)' 2>/dev/null && { echo $$p; break; }; done)
BIN = .venv/bin
# Each of many processes would compile our modules and the tests again.
unexport PYTHONDONTWRITEBYTECODE
PACKAGE_TESTS = $(wildcard tests/*.py) $(addprefix tests/,authoring browsing ingest kma lake model monitoring pages pipelines quality sources stored verification)
# If compose is a program of its own and not a plugin of Docker: make COMPOSE=docker-compose up
COMPOSE ?= docker compose
PRODUCTION = $(COMPOSE) -f docker-compose.production.yml
BOOTSTRAP = @test -n "$(PYTHON)" || { echo "error: no Python 3.11 to 3.14 found: install one, or name it: make PYTHON=/path/to/python $@" >&2; exit 1; }; \
	$(PYTHON) embedded/bootstrap.py

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' Makefile

run:  ## install, start everything, collect every hour; Ctrl-C stops it
	$(BOOTSTRAP) run

once:  ## run each pipeline once, unattended, and stop; results in .run/summary.json
	$(BOOTSTRAP) once

status:  ## show what runs, since when, address and login, ports, last and next run of each pipeline
	@$(subst @test,test,$(BOOTSTRAP)) status

airflow:  ## run Airflow's own command line: make airflow ARGS='dags list'
	@$(subst @test,test,$(BOOTSTRAP)) airflow

history:  ## load past days: make history FROM=2020-01-01 TO=2020-12-31 STATIONS=108,제주 [WHAT=kma_forecast ISSUES=02,14 VARIABLES=TMP CELLS=152=102,83]
	$(BOOTSTRAP) history

rebuild:  ## rebuild the tables from raw and compare them; make rebuild FROM=... TO=... APPLY=1 replaces them
	$(BOOTSTRAP) rebuild

import:  ## import files (API, portal CSV, getWthrDataList, portal's forecast; gzip, zip): make import FILES='saved/*' [STATION=152]
	$(BOOTSTRAP) import

verify:  ## compare the forecasts of past days with the observations, after imports: make verify FROM=2020-01-01 TO=2020-12-31
	$(BOOTSTRAP) verify

tables:  ## register the bucket's tables again, after the catalog (.run/catalog.db) was lost or damaged
	$(BOOTSTRAP) tables

query:  ## run SQL over the tables: make query SQL='select count(*) from observations'
	$(BOOTSTRAP) query

backtest:  ## train before a day, test after it: make backtest OBSERVATIONS='*.txt.gz' HOLDOUT_FROM=2020-01-01 OUT=result.json
	$(BOOTSTRAP) backtest

rollback:  ## deploy an earlier model again: make rollback TARGET=air_temperature [VERSION=...] [REASON=...]
	$(BOOTSTRAP) rollback

alert-test:  ## send a test message through the channel of the alerts; it opens no alert
	$(BOOTSTRAP) alert-test

plan:  ## show what a change of pipelines/ will do: make plan [BASE=git-ref] [FORMAT=markdown]
	@$(subst @test,test,$(BOOTSTRAP)) install >&2
	@$(BIN)/python -m weather_mlops.pipelines.plan $(if $(BASE),--base=$(BASE)) $(if $(FORMAT),--format=$(FORMAT))

validate:  ## check pipelines/: make validate [PIPELINES=dir] [FORMAT=text|json|github|sarif] [EXPLAIN=dag.task]
	@$(subst @test,test,$(BOOTSTRAP)) install >&2
	@$(BIN)/python -m $(if $(EXPLAIN),weather_mlops.pipelines.explain $(EXPLAIN) --pipelines,authoring \
		validate --format $(or $(FORMAT),text)) $(or $(PIPELINES),pipelines)

schema:  ## regenerate schemas/ and docs/pipelines*.md, after a change of operators or schemas/providers.txt
	$(BOOTSTRAP) install
	$(BIN)/python -m authoring schema

outline:  ## convert the coast and provinces of the maps again, from packages of npm
	$(BIN)/python -m authoring outline

up:  ## run the system in containers: build the image, start everything; login admin, password admin
	CODE_REVISION=$$(git describe --always --dirty 2>/dev/null) $(COMPOSE) up -d --build

down:  ## stop the containers; their data stay
	$(COMPOSE) down

stop:  ## stop the system, from another terminal
	$(BOOTSTRAP) stop

clean: stop  ## stop, and delete all data and the environment
	rm -rf .run .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

test: lint  ## run all checks and all tests
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile

test-parts:  ## run the tests of single components only
	$(BOOTSTRAP) install --dev
	$(BIN)/python -m pytest -m "not e2e and not containers" --numprocesses logical --maxprocesses 4 --dist loadfile

test-systems:  ## run the tests of whole systems only: make test-systems [SYSTEMS=e2e|containers]
	$(BOOTSTRAP) install --dev
	$(BIN)/python -m pytest tests/e2e tests/containers -m "$(or $(SYSTEMS),e2e or containers)" --numprocesses 2 --dist loadfile

lint: install-dev  ## check format, lint, types, direction of imports, words, pipelines and their schema
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target style-types style-code lint-pipelines lint-words

lint-pipelines:
	$(BIN)/python -m authoring schema --check
	$(BIN)/python -m authoring validate

lint-words:
	$(BIN)/python -m authoring words

style: install-dev
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target style-types style-code

style-types:
	$(BIN)/mypy

style-code:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	PYTHONPATH=src:plugins:. $(BIN)/lint-imports

install-dev:
	$(BOOTSTRAP) install --dev

check: style  ## run the fast checks while you edit, without Airflow or a server: make check [ONLY=model|tests/model/test_card.py]
	$(BIN)/python -m pytest -q -m "not integration and not e2e and not containers" --numprocesses 2 --dist loadfile \
	$(if $(ONLY),$(firstword $(wildcard tests/$(ONLY) tests/test_$(ONLY).py) $(ONLY)),$(PACKAGE_TESTS))

requirements:  ## recompile requirements*.txt from requirements*.in
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 requirements-dev.in -o requirements-dev.txt

secrets:  ## for production: write .env with every secret that can be generated; existing ones stay
	@python3 -m production.env_file

backup:  ## for production: back up Airflow's metadata and the catalog, verify it, copy it to S3
	$(PRODUCTION) run --rm backup python -m production backup

backups:  ## for production: list the backups
	@$(PRODUCTION) run --rm --no-deps backup python -m production backups

# Creates the services' database user, the owner of their databases, before any other service runs.
OWNER = $(PRODUCTION) up -d airflow-postgres && $(PRODUCTION) run --rm --no-deps airflow-init python deploy/owner.py

restore:  ## for production: restore a backup: make restore FILE=weather-20261127T033000Z.tar|latest [REPLACE=1] [UNVERIFIED=1]
	@test -n "$(FILE)" || { echo "error: name a backup: make restore FILE=latest (make backups lists them)" >&2; exit 1; }
	$(PRODUCTION) stop
	{ $(OWNER) && $(PRODUCTION) run --rm --no-deps backup python -m production restore '$(FILE)' \
		$(if $(REPLACE),--replace) $(if $(UNVERIFIED),--unverified); } \
	|| { echo "error: not restored; Airflow is stopped, to start it: $(PRODUCTION) up -d" >&2; exit 1; }
	$(PRODUCTION) up -d

restore-tables:  ## for production: register the bucket's tables again, after only the catalog was lost
	$(PRODUCTION) stop
	{ $(OWNER) && $(PRODUCTION) run --rm --no-deps backup python -m production tables; } \
	|| { echo "error: not registered; Airflow is stopped, to start it: $(PRODUCTION) up -d" >&2; exit 1; }
	$(PRODUCTION) up -d

upgrade:  ## for production: upgrade to the code that is checked out: build, stop, back up, migrate, start
	CODE_REVISION=$$(git describe --always --dirty 2>/dev/null) $(PRODUCTION) build
	$(PRODUCTION) stop
	{ $(OWNER) && $(PRODUCTION) run --rm --no-deps backup python -m production backup; } \
	|| { echo "error: not upgraded; Airflow is stopped and nothing was migrated: fix the error above and repeat make upgrade" >&2; exit 1; }
	$(PRODUCTION) up -d

expectations:  ## regenerate expectations/*.json from the table of variables
	$(BIN)/python -m weather_mlops.quality.suites
