# The commands of this project. `make run` and `make test` are all that a fresh machine needs.
.DEFAULT_GOAL := help
.PHONY: help run once history rebuild import query backtest rollback plan up down stop clean test lint validate schema requirements expectations
.PHONY: secrets backup backups restore upgrade

# The first Python that fits; name another one by make PYTHON=... run
FITS = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(FITS)' 2>/dev/null && { echo $$p; break; }; done)
BIN = .venv/bin
# Where compose is no plugin of Docker but a program of its own: make COMPOSE=docker-compose up
COMPOSE ?= docker compose
PRODUCTION = $(COMPOSE) -f docker-compose.production.yml
BOOTSTRAP = @test -n "$(PYTHON)" || { echo "error: no Python 3.11 to 3.13 found: install one, or name it: make PYTHON=/path/to/python $@" >&2; exit 1; }; \
	$(PYTHON) embedded/bootstrap.py

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' Makefile

run:  ## install, start everything, collect every hour; Ctrl-C stops it
	$(BOOTSTRAP) run

once:  ## the same unattended: each pipeline once, results in .run/summary.json
	$(BOOTSTRAP) once

history:  ## load days that are over: make history FROM=2020-01-01 TO=2020-12-31 STATIONS=108,159
	$(BOOTSTRAP) history

rebuild:  ## the tables made anew from raw, compared; make rebuild FROM=... TO=... APPLY=1 swaps them
	$(BOOTSTRAP) rebuild

import:  ## take in saved replies: make import FILES='*.txt.gz'
	$(BOOTSTRAP) import

query:  ## SQL over the tables: make query SQL='select count(*) from observations'
	$(BOOTSTRAP) query

backtest:  ## train before a day, test after it: make backtest OBSERVATIONS='*.txt.gz' HOLDOUT_FROM=2020-01-01 OUT=result.json
	$(BOOTSTRAP) backtest

rollback:  ## put an earlier model back: make rollback TARGET=air_temperature [VERSION=...] [REASON=...]
	$(BOOTSTRAP) rollback

plan:  ## what a change of pipelines/ will do: make plan [BASE=git-ref] [FORMAT=markdown]
	@$(subst @test,test,$(BOOTSTRAP)) install >&2
	@$(BIN)/python -m weather_mlops.pipelines.plan $(if $(BASE),--base=$(BASE)) $(if $(FORMAT),--format=$(FORMAT))

validate:  ## check pipelines/: make validate [PIPELINES=dir] [FORMAT=text|json|github|sarif] [EXPLAIN=dag.task]
	@$(subst @test,test,$(BOOTSTRAP)) install >&2
	@$(BIN)/python -m $(if $(EXPLAIN),weather_mlops.pipelines.explain $(EXPLAIN) --pipelines,authoring \
		validate --format $(or $(FORMAT),text)) $(or $(PIPELINES),pipelines)

schema:  ## write schemas/ and docs/pipelines*.md anew, after a change of operators or schemas/providers.txt
	$(BOOTSTRAP) install
	$(BIN)/python -m authoring schema

up:  ## the same in containers: build the image, start everything; admin with password admin
	CODE_REVISION=$$(git describe --always --dirty 2>/dev/null) $(COMPOSE) up -d --build

down:  ## stop the containers; their data stay
	$(COMPOSE) down

stop:  ## stop what runs, from another terminal
	$(BOOTSTRAP) stop

clean: stop  ## stop, and delete all data and the environment
	rm -rf .run .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

test: lint  ## all checks and all tests
	$(BIN)/python -m pytest -m "not e2e and not containers" --numprocesses logical --maxprocesses 4 --dist loadfile
	$(BIN)/python -m pytest -m "e2e or containers" --numprocesses 2 --dist loadfile

lint:  ## format, lint, types, direction of imports, pipelines, their schema
	$(BOOTSTRAP) install --dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=src:plugins:. $(BIN)/lint-imports
	$(BIN)/python -m authoring schema --check
	$(BIN)/python -m authoring validate

requirements:  ## compile requirements*.txt anew from requirements*.in
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 requirements-dev.in -o requirements-dev.txt

secrets:  ## for production: make .env with every secret that can be made; changes none that is there
	@python3 -m production.env_file

backup:  ## of production: Airflow's metadata and the catalog, verified, copied to S3
	$(PRODUCTION) run --rm backup python -m production backup

backups:  ## list them
	@$(PRODUCTION) run --rm --no-deps backup python -m production backups

restore:  ## bring them back: make restore FILE=weather-20261127T033000Z.tar|latest [REPLACE=1]
	@test -n "$(FILE)" || { echo "error: name a backup: make restore FILE=latest (make backups lists them)" >&2; exit 1; }
	$(PRODUCTION) stop
	$(PRODUCTION) up -d airflow-postgres
	$(PRODUCTION) run --rm --no-deps backup python -m production restore '$(FILE)' $(if $(REPLACE),--replace) \
	|| { echo "error: not restored; Airflow is stopped, this starts it: $(PRODUCTION) up -d" >&2; exit 1; }
	$(PRODUCTION) up -d

upgrade:  ## of production, to the code that is checked out: back up, build, migrate, start
	$(PRODUCTION) run --rm backup python -m production backup
	CODE_REVISION=$$(git describe --always --dirty 2>/dev/null) $(PRODUCTION) build
	$(PRODUCTION) stop
	$(PRODUCTION) up -d

expectations:  ## write expectations/*.json anew from the table of variables
	$(BIN)/python -m weather_mlops.quality.suites
