# Ostiary. `make run` and `make test` need nothing but this folder, root or sudo, and the network.
SHELL := /bin/bash
.PHONY: help run build install develop test test-more bench format lint clean
TYPESCRIPT := 'tests/end_to_end/*.ts' 'tests/end_to_end/{suites,support,more}/*.ts' 'tests/*.mjs'
.DEFAULT_GOAL := help
PREFIX ?= /usr/local

help:           ## This list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: build      ## Install what is missing, build, and serve on http://localhost:8001
	@exec build/release/ostiary serve

build:          ## Build build/release/ostiary
	@deploy/install-dependencies build
	@deploy/build release ostiary

install: build  ## Copy the program to PREFIX/bin (/usr/local/bin), below DESTDIR if that is set
	@install -D -m 755 build/release/ostiary '$(DESTDIR)$(PREFIX)/bin/ostiary'
	@echo 'Installed $(DESTDIR)$(PREFIX)/bin/ostiary'

develop:        ## Build the program and the tests for development, in build/develop
	@deploy/install-dependencies build test
	@deploy/build develop ostiary ostiary_tests

test:           ## Install what is missing, build, and run all tests
	@deploy/install-dependencies build test
	@tests/run all

test-more:      ## Kills, races, fuzzers, tests that measure time, foreign clients, CockroachDB's parser
	@deploy/install-dependencies build test more
	@tests/run more

bench:          ## Measure against what the machine can do; QUICK=1 takes three minutes
	@deploy/install-dependencies build test
	@bench/run $(if $(QUICK),--quick)

format:         ## Format the code
	@deploy/install-dependencies build lint
	@cmake -DFOLDER=$(CURDIR)/tests/end_to_end -P cmake/npm_ci.cmake
	@tests/end_to_end/node_modules/.bin/prettier --log-level warn --write $(TYPESCRIPT)
	@git ls-files -co --exclude-standard '*.cpp' '*.hpp' | xargs clang-format-19 -i

lint:           ## Check the formatting, and run clang-tidy and the TypeScript compiler
	@deploy/install-dependencies build test lint
	@tests/lint
	@tests/end_to_end/node_modules/.bin/prettier --check $(TYPESCRIPT)

clean:          ## Remove what was built
	@rm -rf build
