package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// part is who spends processor time.
type part string

// The parts of an import.
const (
	partProgram    part = "sendvery"
	partPostgreSQL part = "postgres"
	partIMAP       part = "" // Dovecot's processes have many names
)

// ticks is the kernel's unit of processor time (proc(5)), on every platform that
// Go supports.
const ticks = 100

// spent returns the seconds of processor time of all processes that we started
// and those that they started, the ended ones too.
func spent() map[part]float64 {
	type process struct {
		parent  int
		name    part
		seconds float64
	}
	all := map[int]process{}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	for _, path := range paths {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
		pid, err := strconv.Atoi(strings.TrimSpace(string(stat[:max(0, open)])))
		fields := strings.Fields(string(stat[end+1:])) // from the third on
		if err != nil || len(fields) < 15 {
			continue
		}
		p := process{name: part(stat[open+1 : end])}
		p.parent, _ = strconv.Atoi(fields[1])
		for _, f := range fields[11:15] { // user, system, and both of ended children
			n, _ := strconv.ParseFloat(f, 64)
			p.seconds += n / ticks
		}
		all[pid] = p
	}
	sums := map[part]float64{}
	for _, p := range all {
		ours := false
		for up := p.parent; up > 1 && !ours; up = all[up].parent {
			ours = up == os.Getpid()
		}
		if !ours {
			continue
		}
		if p.name != partProgram && p.name != partPostgreSQL {
			p.name = partIMAP
		}
		sums[p.name] += p.seconds
	}
	return sums
}
