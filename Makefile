# Needs Go and Node.js; works with GNU make 3.81 (macOS) and newer.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# The tools have a module of their own, so that theirs are not our dependencies.
TOOL := go tool -modfile=.ci/tools/go.mod

# What the styles, scripts and icons are built from. Classes and icons are
# named in templates and in the Go code of pages.
MODULES := web/node_modules/.package-lock.json
DIST    := web/dist/manifest.json
SOURCES := $(shell find web internal -name node_modules -prune -o -name dist -prune -o -type f \( \
	-name '*.templ' -o -path 'web/*.go' -o -path 'internal/app/*.go' -o -path 'internal/*/*web/*.go' -o \
	-path 'web/styles/*' -o -path 'web/scripts/*' -o -name build.mjs -o -name favicon.svg \) \
	! -name '*_templ.go' ! -name '*_test.go' -print)

# One after the other, also with -j: generate and format write the same files.
.NOTPARALLEL:

.PHONY: help run assets build generate format lint test fuzz check check-generated check-fuzz check-postgres18 check-secrets check-vulnerabilities gallery soak bench clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: build ## Set up everything and serve it at http://localhost:8080
	@bin/sendvery dev

assets: $(DIST) ## Build styles, scripts and icons

$(MODULES): web/package-lock.json web/package.json web/.npmrc
	cd web && npm ci
	@touch $@

$(DIST): $(MODULES) $(SOURCES)
	cd web && node build.mjs

build: $(DIST) ## Build bin/sendvery, one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/sendvery ./cmd/sendvery

generate: ## Write what is generated: Go from templates, the README's configuration table
	$(TOOL) templ generate
	go test ./internal/app -run '^TestReadme' -count=1 -update-readme

format: ## Format Go and templates
	$(TOOL) templ fmt .
	$(TOOL) golangci-lint fmt

lint: $(MODULES) ## Find mistakes that compile
	.ci/deps python3
	$(TOOL) golangci-lint run
	.ci/htmx

test: $(DIST) ## Run all tests with the race detector, installing what they need
	.ci/deps gcc dovecot chromium redis
	go test -race -timeout 30m ./...

check: ## Do exactly what CI does
	.ci/deps git gcc postgresql
	@$(MAKE) --no-print-directory check-generated
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory check-fuzz
	@$(MAKE) --no-print-directory check-postgres18
	@$(MAKE) --no-print-directory check-secrets
	@$(MAKE) --no-print-directory check-vulnerabilities
	@echo "check: everything passed"

check-generated:
	.ci/unchanged $(MAKE) --no-print-directory format generate

check-fuzz: $(DIST)
	.ci/fuzz 5s

check-postgres18: $(DIST)
	.ci/postgres18

check-secrets:
	.ci/secrets

check-vulnerabilities: $(DIST)
	.ci/vulnerabilities

fuzz: $(DIST) ## Fuzz every parser for FUZZTIME, 10m unless said otherwise
	.ci/fuzz $(FUZZTIME)

gallery: $(DIST) ## Take pictures of every page in every state, into screenshots/: about 10 minutes
	.ci/deps chromium
	go test ./internal/journey -run '^(TestNewcomer|TestGallery|TestParts)$$' -count=1 -parallel 1 -timeout 30m -gallery

soak: $(DIST) ## Let everything break at once, and count mails: about 15 minutes
	.ci/deps dovecot
	cd internal/soak && SOAK=full go test -v -count=1 -timeout 25m

bench: $(DIST) ## Measure speed and size against baselines; one table
	go run ./internal/bench

clean: ## Remove what was built; the data folder stays
	rm -rf bin web/node_modules screenshots coverage.out
	find web/dist -mindepth 1 ! -name .gitignore -delete
