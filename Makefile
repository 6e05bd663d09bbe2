# perfkit is headers only: nothing here has to be built to use it. All output goes to build/.
CC = cc
CFLAGS = -O2 -Wall -Wextra
PREFIX = /usr/local
HEADERS = perfkit.h perfkit_cache.h perfkit_pool.h perfkit_log.h

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1 | \2/p' Makefile | awk -F'|' '{ printf "%-20s%s\n", $$1, $$2 }'

demo: build/quickstart build/scan ## build and run two examples; needs only a C compiler and make
	@echo "== build/quickstart"
	@build/quickstart
	@echo "== build/scan $(SCAN)"
	@build/scan $(SCAN)

demo-firmware: ## a sensor node on a Cortex-M3 in QEMU; make -C examples/firmware avr, riscv: on these
	@$(MAKE) --no-print-directory -C examples/firmware

test: ## every test on the fast targets, below 5 minutes (tests/run --help says more)
	@tests/run

test-all: ## and on the further targets
	@tests/run --all

bench: ## every bench: ours beside its peers from Debian, which it installs, and beside bare memory reads
	@tests/bench/run

bench-cache: ## perfkit_cache.h: time, memory, latency (tests/bench/run --help says more)
	@tests/bench/run cache

bench-pool: ## perfkit_pool.h: the same beside Debian's pools and allocators
	@tests/bench/run pool

bench-log: ## perfkit_log.h: a line and a deferred line beside spdlog, fprintf and write(2); the perf channel
	@tests/bench/run log

bench-core: ## perfkit.h: scopes and providers beside apr, talloc, pthread_once
	@tests/bench/run core

bench-hitratio: ## perfkit_cache.h: hits beside other policies; also over TRACES="FILE…"
	@tests/bench/run hitratio $(TRACES)

bench-worst: ## perfkit_cache.h: instructions of one operation, steady and at the worst load, beside the bound
	@tests/bench/run worst

FUZZ_SECONDS = 60
fuzz: ## random operations and random bytes, FUZZ_SECONDS=60 for each target
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run fuzz

cover: ## lines and branches of the headers that the tests run (needs lcov)
	@tests/cover

size: ## flash, RAM, stack and instructions of each part and switch on small targets, against the budgets
	@tests/size
	@tests/cycles

examples: build/quickstart build/scan build/connections ## build the examples

build/quickstart: examples/quickstart.c $(HEADERS)
	@mkdir -p build
	$(CC) $(CFLAGS) -I. examples/quickstart.c -o $@

build/scan: examples/scan/*.c $(HEADERS)
	@mkdir -p build
	$(CC) $(CFLAGS) -I. examples/scan/*.c -o $@

build/connections: examples/connections.c $(HEADERS)
	@mkdir -p build
	$(CC) $(CFLAGS) -I. examples/connections.c -o $@ -lpthread

install: ## copy the four headers to PREFIX/include (PREFIX=/usr/local)
	mkdir -p $(DESTDIR)$(PREFIX)/include
	cp $(HEADERS) $(DESTDIR)$(PREFIX)/include

.PHONY: help demo demo-firmware test test-all fuzz bench bench-cache bench-pool bench-core bench-log bench-hitratio bench-worst cover size examples install
