# Doors to tools/dev.py, which sets up what is missing and is done in a second when nothing is.
# More for the program behind the door: make test ARGS="-k receipts"

PORT ?= 8000
DATA ?= ./data
# Not from the environment: some shells keep the machine's name in HOST, which would open the port to the network.
HOST = 127.0.0.1
ARGS ?=
SEEDS ?= 200
START ?= 1
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
KILLS ?= 100
N ?= 1000000
BROWSER ?= chromium
MINUTES ?= 2
DEV := python3 tools/dev.py

.PHONY: run test check bench fuzz asvs sim sim-mutants kill-test kill-browser soak replay screens lock clean

run: export INSATS_PORT := $(PORT)
run: export INSATS_DATA := $(DATA)
run: export INSATS_HOST := $(HOST)
run:  ## migrate, seed a demo evening, serve and print the links (PORT, DATA, HOST)
	@$(DEV) serve

test:  ## everything: checks, front-end tests, pytest on SQLite, PostgreSQL and a real browser
	@$(DEV) test $(ARGS)

check:  ## lint, format, types, layers, Dockerfile, compose file
	@$(DEV) check

bench:  ## measure
	@$(DEV) module bench $(ARGS)

kill-test:  ## kill a real server over both stores, at every step of a push and at random moments, KILLS times
	@$(DEV) module tests.kills --kills $(KILLS) $(ARGS)

soak:  ## real tablets behind a line that ruins half of what they send, for MINUTES on each store
	@$(DEV) module tests.faults.soak --minutes $(MINUTES) $(ARGS)

replay:  ## 28 visits of 150 photos over a line on which every request fails 2-4 times
	@$(DEV) module tests.faults.replay $(ARGS)

kill-browser:  ## kill a browser while it records, KILLS times (BROWSER=chromium or webkit)
	@$(DEV) module tests.engines.kill --kills $(KILLS) --browser $(BROWSER) $(ARGS)

sim:  ## play random evenings, every fault included, and hold them to the invariants (SEEDS, START, JOBS)
	@$(DEV) module tests.simulation --seeds $(SEEDS) --start $(START) --jobs $(JOBS) $(ARGS)

sim-mutants:  ## plant bugs and see the simulator find them
	@$(DEV) module tests.simulation.mutants $(ARGS)

fuzz:  ## N spoiled commit envelopes against the check (N=10000000: some 13 minutes on two cores)
	@$(DEV) module tests.hardening.envelopes $(N)

asvs:  ## write docs/asvs.md from the marks of the tests
	@$(DEV) module tests.asvs

screens:  ## take the screenshots
	@$(DEV) module tests.screens $(ARGS)

lock:  ## resolve the dependencies anew (ARGS=--upgrade for the newest)
	@$(DEV) lock $(ARGS)

clean:  ## remove everything but the data
	@$(DEV) clean
