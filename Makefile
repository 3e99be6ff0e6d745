# Everything a person or CI runs stands here; `make` alone prints the list.
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
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: deps
deps: ## npm packages: Socket.IO for the page, real clients for tests (where Node is there)
	@.ci/deps

.PHONY: build
build: deps ## build pollpush, chatserver and loadgen into bin/
	@command -v go >/dev/null || { echo "Go 1.26 or newer is needed: see https://go.dev/dl/"; exit 3; }
	go build -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

.PHONY: bench
bench: build ## the main job: polling against WebSocket, 1,000 clients, about 3 minutes (SCENARIO=name)
	bin/pollpush run $(SCENARIO)

.PHONY: bench-short
bench-short: build ## the same with 200 clients in 40 seconds
	bin/pollpush run short

.PHONY: calibrate
calibrate: build ## what the generator itself adds on this machine, over every transport; about 9 minutes
	bin/pollpush calibrate

.PHONY: demo
demo: build ## the chat in a browser, with a trickle of messages and a race of the transports (LISTEN=host:port)
	bin/pollpush demo $(if $(LISTEN),--listen $(LISTEN))

.PHONY: bench-micro
bench-micro: deps ## what the generator and the server cost per operation, in CPU and memory
	go test -run '^$$' -bench . -benchtime 1x -count 3 ./server ./internal/control ./internal/foreign

.PHONY: test
test: deps ## all tests, with the race detector
	.ci/test

.PHONY: lint
lint: ## gofmt, go vet, staticcheck and actionlint
	.ci/lint

.PHONY: generate
generate: ## write anew what repeats a table of the code: parts of docs, schemas, pages
	go run ./internal/generate

.PHONY: fuzz
fuzz: ## fuzz every parser with FUZZTIME inputs each (20000x), or for a time (10s)
	FUZZTIME=$(FUZZTIME) .ci/fuzz

.PHONY: report
report: build ## make the report of DIR again (the newest run)
	bin/pollpush report $(DIR)

.PHONY: compare
compare: build ## hold the run NEW (the newest) against BASE (the committed baseline)
	bin/pollpush compare $(BASE) $(NEW)

.PHONY: regress
regress: build ## run short and hold what is counted against the committed baseline; up to 3 minutes
	@.ci/regress

.PHONY: ab
ab: ## measure the commits REF (HEAD~1) and HEAD by turns, times included; about 9 minutes (COUNTS_MAY_DECIDE=1)
	@.ci/ab $(REF)

.PHONY: baseline
baseline: build ## renew the committed baseline of the scenario short
	@case $(COMMIT) in *-dirty|unknown) echo "a baseline is of a commit: commit first"; exit 1;; esac
	rm -rf results/baseline-next
	bin/pollpush run short --out results/baseline-next/short
	mkdir -p results/baseline/short
	mv results/baseline-next/short/trials.jsonl results/baseline/short/
	rm -rf results/baseline-next

.PHONY: noise
noise: build ## learn how far runs of short differ on this machine, from REPEATS (3) of 4 minutes each
	@case $(COMMIT) in *-dirty|unknown) echo "noise is learnt from runs of one commit: commit first"; exit 1;; esac
	REPEATS=$(REPEATS) .ci/noise

.PHONY: gate
gate: build ## how often the gate is wrong and what it finds, into docs/gate.md; just under 25 minutes
	COMPARISONS=$(COMPARISONS) .ci/gate

.PHONY: readme
readme: deps ## put the newest run of chat-1k, and a picture of the page, into the README
	.ci/readme $$(ls -dt results/chat-1k-* | head -1)
	CI=true go test ./internal/browser -count 1 -run TestPictureOfTheRace -picture ../../docs/images/race.png

# Exit code 4 is a run with a trial that is invalid: its tables are stamped.
.PHONY: papers
papers: build ## what others have published beside what we measure, into docs/papers.md, about 7 minutes
	bin/pollpush run $(PAPERS) || [ $$? -eq 4 ]
	.ci/papers

.PHONY: clean
clean: ## remove what was built, and keep what was measured
	rm -rf bin
