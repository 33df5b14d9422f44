package main

import (
	"errors"
	"fmt"
	"slices"
)

// stage lets the mail servers of tests be started outside of one.
type stage struct{ cleanups []func() }

// stumble is what stops a stage.
type stumble struct{ error }

// Helper implements mailtest.TB.
func (*stage) Helper() {}

// Fatal implements mailtest.TB.
func (*stage) Fatal(args ...any) { panic(stumble{errors.New(fmt.Sprint(args...))}) }

// Fatalf implements mailtest.TB.
func (*stage) Fatalf(format string, args ...any) { panic(stumble{fmt.Errorf(format, args...)}) }

// Cleanup implements mailtest.TB.
func (s *stage) Cleanup(do func()) { s.cleanups = append(s.cleanups, do) }

// onStage does something that needs a stage and clears it up.
func onStage(do func(*stage) error) (err error) {
	s := &stage{}
	defer func() {
		for _, end := range slices.Backward(s.cleanups) {
			end()
		}
		switch problem := recover().(type) {
		case nil:
		case stumble:
			err = problem
		default:
			panic(problem)
		}
	}()
	return do(s)
}
