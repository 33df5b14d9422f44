package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/built"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/reporttest"
)

// memory measures what the program needs for large reports, as a whole
// process from its start to its end.
func memory(ctx context.Context, t *table) error {
	dir, err := os.MkdirTemp("", "sendvery-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // only leaves a file behind
	program, err := built.Program(ctx, ".", dir)
	if err != nil {
		return err
	}
	idle, _, err := peak(exec.CommandContext(ctx, program, "version"))
	if err != nil {
		return err
	}
	const huge = 500_000
	file, err := sampleFile(dir, huge)
	if err != nil {
		return err
	}
	used, took, err := peak(exec.CommandContext(ctx, program, "parse", file))
	if err != nil {
		return err
	}
	t.row(row{figure: "parse a report of 500,000 records, memory", value: used, baseline: idle, unit: "MB", against: "sendvery version", wanted: 16, atMost: true})
	t.row(row{figure: "parse a report of 500,000 records, time", value: took.Seconds(), baseline: 0, unit: "s", against: "nothing", wanted: 4, atMost: true})
	return importMemory(ctx, t, program, dir)
}

// importMemory measures the import of a large report into a database.
func importMemory(ctx context.Context, t *table, program, dir string) error {
	h, err := openHouse(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = h.close(ctx) }() // the figures are what counts
	run := func(records int) (float64, error) {
		file, err := sampleFile(dir, records)
		if err != nil {
			return 0, err
		}
		c := exec.CommandContext(ctx, program, "import", "--org", h.slug, file)
		c.Env = append(os.Environ(), "DATABASE_URL="+h.server.URL(postgres.RoleApp, "bench"), "COOKIE_KEY="+strings.Repeat("k", 32),
			"SEAL_KEYS=k1:"+strings.Repeat("A", 43)+"=", "AUDIT_KEYS="+auditKeys)
		used, _, err := peak(c)
		return used, err
	}
	idle, err := run(1)
	if err != nil {
		return err
	}
	used, err := run(50_000)
	if err != nil {
		return err
	}
	t.row(row{figure: "import a report of 50,000 records, memory", value: used, baseline: idle, unit: "MB", against: "import of 1 record", wanted: 64, atMost: true})
	return nil
}

// sampleFile writes a report of so many records and returns its path.
func sampleFile(dir string, records int) (path string, err error) {
	path = filepath.Join(dir, fmt.Sprintf("%d.xml", records))
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	if _, err := (reporttest.Sample{ID: path, Domain: watchedDomain, Records: records}).WriteTo(f); err != nil {
		return "", err
	}
	return path, f.Close()
}

// peak runs a command and returns the most memory that was resident, in MB,
// and how long it took. The kernel's own account at a process's end counts the
// parent's memory in, so the process is asked while it runs.
func peak(c *exec.Cmd) (megabytes float64, took time.Duration, err error) {
	var complaint strings.Builder
	c.Stderr = &complaint
	start := time.Now()
	if err := c.Start(); err != nil {
		return 0, 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for {
		if now, ok := highWater(c.Process.Pid); ok {
			megabytes = now
		}
		select {
		case err := <-ended:
			if err != nil {
				err = fmt.Errorf("%w: %s", err, complaint.String())
			}
			return megabytes, time.Since(start), err
		case <-time.After(time.Millisecond):
		}
	}
}

// highWater reads the peak of a process's resident memory (proc(5), VmHWM).
func highWater(pid int) (megabytes float64, ok bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	_, after, found := strings.Cut(string(status), "VmHWM:")
	if !found {
		return 0, false
	}
	kilobytes, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
	return kilobytes / 1024, err == nil
}
