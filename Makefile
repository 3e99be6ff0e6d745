# Everything that people and CI run; `make` alone prints the list.
SHELL := /bin/bash
.DEFAULT_GOAL := help

COMMIT := $(shell git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null || echo unknown)
LDFLAGS := -X main.builtFrom=$(COMMIT)
SCENARIO ?= chat-1k
DIR ?= $(patsubst %/trials.jsonl,%,$(shell ls -t results/*-20*/trials.jsonl 2>/dev/null | head -1))
BASE ?= results/baseline/short
NEW ?= $(DIR)
PAPERS ?= $(basename $(notdir $(wildcard scenarios/paper-*.yaml)))
FUZZTIME ?= 20000x
REF ?= HEAD~1
REPEATS ?= 3
COMPARISONS ?= 20

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: deps
deps: ## fetch npm packages, if Node is installed: Socket.IO for the demo page, clients for tests
	@.ci/deps

.PHONY: build
build: ## build the programs into bin/
	@command -v go >/dev/null || { echo "Go 1.26 or newer is needed: see https://go.dev/dl/"; exit 3; }
	go build -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

.PHONY: bench
bench: build ## compare polling with WebSocket: 1,000 clients, 3 minutes (SCENARIO=name)
	bin/pollpush run $(SCENARIO)

.PHONY: bench-short
bench-short: build ## the same with 200 clients, 40 seconds
	bin/pollpush run short

.PHONY: calibrate
calibrate: build ## measure what the generator itself adds on this machine; about 15 minutes
	bin/pollpush calibrate

.PHONY: demo
demo: deps build ## serve the chat page, with a race of the transports (LISTEN=host:port)
	bin/pollpush demo $(if $(LISTEN),--listen $(LISTEN))

.PHONY: bench-micro
bench-micro: ## measure CPU and memory per operation, of generator and server
	go test -run '^$$' -bench . -benchtime 1x -count 3 ./internal/control
	go test -run '^$$' -bench . -benchtime 7x ./cmd/chatserver

.PHONY: bench-peers
bench-peers: deps build ## compare with k6, vegeta, wrk and other servers, into docs/performance.md; REPEATS (3) of 5 minutes
	go run ./internal/peers -repeats $(REPEATS) -commit $(COMMIT)

.PHONY: check
check: ## the fast tier: formatting, vet, generated parts and fast tests; less than a minute
	@.ci/check

.PHONY: test
test: deps ## run all tests with the race detector; 7 minutes
	.ci/test

.PHONY: hooks
hooks: ## let git run make check before each commit of this clone
	git config core.hooksPath .githooks

.PHONY: lint
lint: ## run gofmt, go vet, staticcheck and actionlint
	.ci/lint

.PHONY: generate
generate: ## rewrite what repeats a table of the code: parts of docs, the schema and example of scenarios
	go run ./internal/generate

.PHONY: size
size: ## lines of code, tests and docs, the largest packages, and files that use one another in circles
	go run ./internal/size

.PHONY: fuzz
fuzz: ## fuzz every parser with FUZZTIME inputs (20000x), or for a time (10s)
	FUZZTIME=$(FUZZTIME) .ci/fuzz

.PHONY: report
report: build ## write the report of DIR (the newest run) again
	bin/pollpush report $(DIR)

.PHONY: compare
compare: build ## compare the run NEW (the newest) with BASE (the committed baseline)
	bin/pollpush compare $(BASE) $(NEW)

.PHONY: regress
regress: build ## run short and compare its counts with the committed baseline; up to 3 minutes
	@.ci/regress

.PHONY: ab
ab: ## compare the commits REF (HEAD~1) and HEAD, times included; 9 minutes (COUNTS_MAY_DECIDE=1)
	@.ci/ab $(REF)

.PHONY: baseline
baseline: build ## renew the committed baseline of the scenario short
	@case $(COMMIT) in *-dirty|unknown) echo "a baseline needs a clean commit: commit first"; exit 1;; esac
	rm -rf results/baseline-next
	bin/pollpush run short --out results/baseline-next/short
	mkdir -p results/baseline/short
	mv results/baseline-next/short/trials.jsonl results/baseline/short/
	rm -rf results/baseline-next

.PHONY: noise
noise: build ## record how much runs of short differ on this machine: REPEATS (3) of 4 minutes
	@case $(COMMIT) in *-dirty|unknown) echo "noise needs runs of one clean commit: commit first"; exit 1;; esac
	REPEATS=$(REPEATS) .ci/noise

.PHONY: gate
gate: build ## measure how often the gate is wrong, into docs/gate.md; 25 minutes
	COMPARISONS=$(COMPARISONS) .ci/gate

.PHONY: readme
readme: deps ## update the README from the newest run of chat-1k, and its picture of the page
	.ci/readme $$(ls -dt results/chat-1k-* | head -1)
	CI=true go test ./internal/browser -count 1 -run TestPictureOfTheRace -picture ../../docs/images/race.png

# Exit code 4: some trials are invalid. The tables mark them.
.PHONY: papers
papers: build ## measure published claims again, into docs/papers.md; 7 minutes
	bin/pollpush run $(PAPERS) || [ $$? -eq 4 ]
	.ci/papers

.PHONY: release-snapshot
release-snapshot: ## rehearse a release, into dist/: archives, checksums, SBOMs
	.ci/release --snapshot

.PHONY: clean
clean: ## remove built programs, keep results
	rm -rf bin dist
