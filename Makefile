# Everything a newcomer runs. `make` alone lists it.
#
# ARGS is handed on: make test ARGS='--lib ledger::', make demo ARGS='--listen 127.0.0.1:9000'.

ARGS ?=

# A test waits for disks, servers and browsers half of its time: two more at a time than there are cores.
RUST_TEST_THREADS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 2)))

.DEFAULT_GOAL := help
.PHONY: help demo test test-serializable bench proof check tools postgres postgres-stop

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Build and run the whole thing in one process: a festival, its bank, its bars
	@tests/support/tools.sh build
	cargo run -- demo $(ARGS)

test test-serializable: export RUST_TEST_THREADS := $(RUST_TEST_THREADS)

test: tools ## Run all tests on SQLite and on a private PostgreSQL
	tests/support/postgres.sh run cargo test $(ARGS)

test-serializable: tools ## Run them on PostgreSQL alone, as if it were one of its distributed relatives
	tests/support/postgres.sh serializable cargo test $(ARGS)

bench: tools ## Measure the built program beside what the machine reaches without it
	tests/support/postgres.sh bench cargo bench --bench bench -- $(ARGS)

proof: tools ## Damage printed codes and write benches/PROOF.md: what is still read
	POLSBAND_PROOF=benches/PROOF.md cargo test --lib print::proof::festival

check: ## Formatting, lints and documentation; every warning is an error
	@tests/support/tools.sh build
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps

tools: ## Install what the tests need and this machine lacks
	@tests/support/tools.sh test

postgres: ## Start a private PostgreSQL on loopback and print its DATABASE_URL
	@tests/support/tools.sh test
	@url=$$(tests/support/postgres.sh start) && printf '%s\n' "$$url" "" \
		"Try it:  $$url cargo run -- serve" "Stop it: make postgres-stop"

postgres-stop: ## Stop that PostgreSQL
	@tests/support/postgres.sh stop
