// Package soak lets everything break at once and for long: two replicas of the
// real program read mailboxes while they are killed, the database crashes and
// connections are cut, delayed and garbled. Then it becomes quiet, and every
// mail and every report is counted. There is nothing here but tests.
//
// SOAK=full is make soak; SOAK=short, the default, takes about a minute.
// SOAK_SEED repeats a run's choices, not its timing.
package soak
