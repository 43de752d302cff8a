// Parses every statement and migration that CockroachDB has to take with CockroachDB's own parser.
//
//	go run . MIGRATIONS TEXTS
//
// MIGRATIONS is the folder of migrations; TEXTS what the contract tests write where OSTIARY_STATEMENT_TEXTS names a
// file: names and texts of statements by turns, each ended by a NUL. Exits 1 when one does not parse; its last line
// counts them.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cockroachdb/cockroachdb-parser/pkg/sql/parser"
)

// A named SQL text; a statement is exactly one, a migration any number of them.
type text struct {
	name, sql   string
	isStatement bool
}

// What a migration's file is for CockroachDB: its twin where there is one, nothing when it is another engine's.
func migrations(folder string) ([]text, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.sql"))
	if err != nil {
		return nil, err
	}
	var texts []text
	for _, path := range paths {
		stem := strings.TrimSuffix(path, ".sql")
		if strings.HasSuffix(stem, ".sqlite") {
			continue
		}
		if _, err := os.Stat(stem + ".cockroach.sql"); err == nil {
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text{name: filepath.Base(path), sql: string(content)})
	}
	return texts, nil
}

func statements(path string) ([]text, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	fields := strings.Split(string(content), "\x00")
	var texts []text
	for i := 0; i+1 < len(fields); i += 2 {
		texts = append(texts, text{name: fields[i], sql: fields[i+1], isStatement: true})
	}
	return texts, nil
}

func check(t text) error {
	parsed, err := parser.Parse(t.sql)
	if err != nil {
		return err
	}
	if t.isStatement && len(parsed) != 1 {
		return fmt.Errorf("%d statements", len(parsed))
	}
	return nil
}

func run(folder, path string) (passed, failed int, err error) {
	schema, err := migrations(folder)
	if err != nil {
		return 0, 0, err
	}
	program, err := statements(path)
	if err != nil {
		return 0, 0, err
	}
	if len(schema) == 0 || len(program) == 0 {
		return 0, 0, fmt.Errorf("%d migrations and %d statements: one of them is missing", len(schema), len(program))
	}
	for _, t := range append(schema, program...) {
		if err := check(t); err != nil {
			fmt.Printf("%s: %v\n", t.name, err)
			failed++
		} else {
			passed++
		}
	}
	return passed, failed, nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: cockroach_parser MIGRATIONS TEXTS")
		os.Exit(2)
	}
	passed, failed, err := run(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
