//go:build tools

// Names the program that the tests run, so that go.mod and go.sum pin it with all that it needs.
package tools

import _ "github.com/fullstorydev/grpcurl/cmd/grpcurl"
