package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/apptest"
)

// importer is the built program beside a database with an organization that
// watches example.com.
type importer struct {
	*plain
	env  map[string]string
	slug string
}

func newImporter(t *testing.T) *importer {
	t.Helper()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@example.com")
	b.Post(t, b.Home+"domains", "domain", "example.com")
	a.StopWorker()
	return &importer{plain: buildPlain(t), env: environ(a.DB), slug: strings.Split(b.Home, "/")[2]}
}

// run runs a command of the program and returns what it says and the most
// memory that it had.
func (m *importer) run(t *testing.T, args ...string) (counts map[string]int, most int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, m.path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = m.dir, &out, &errs
	for name, value := range m.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		most = max(most, highWater(cmd.Process.Pid))
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v: %v\n%s%s", args, err, out.String(), errs.String())
			}
			return countsOf(t, out.String()), most
		case <-time.After(time.Millisecond):
		}
	}
}

// countsOf reads lines of words with a number at their end.
func countsOf(t *testing.T, out string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		n, err := strconv.Atoi(words[len(words)-1])
		if err != nil {
			t.Fatalf("%q", out)
		}
		counts[strings.Join(words[:len(words)-1], " ")] = n
	}
	return counts
}

// highWater is the most memory that a process had of its own; 0 once it has
// ended. Pages of the program's file are not counted: how many of them there
// are depends on what the kernel happens to have cached.
func highWater(pid int) int64 {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	size := func(field string) int64 {
		_, rest, found := strings.Cut(string(status), field)
		if !found {
			return 0
		}
		kilobytes, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64) // the kernel writes numbers
		return kilobytes << 10
	}
	return size("VmHWM:") - size("RssFile:")
}

// good imports a report that nobody brought yet.
func (m *importer) good(t *testing.T, id string) (most int64) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "good.xml")
	if err := os.WriteFile(file, []byte(strings.Replace(parseReport, "r-1", id, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	counts, most := m.run(t, "import", "--org", m.slug, file)
	if len(counts) != 1 || counts["accepted"]+counts["repaired"] != 1 {
		t.Errorf("a good file: %v", counts)
	}
	return most
}

// TestHostileImport stores everything that an attacker may send in a real
// database. Each has its verdict, needs little memory and is in nobody's way,
// neither when it comes nor when it is read again.
func TestHostileImport(t *testing.T) { //nolint:tparallel // one by one, and then all are read again
	t.Parallel()
	m, quiet := newImporter(t), listen(t)
	idle := m.good(t, "idle")
	wordy := hostileInput{"1,500 records with long results", func(w *bufio.Writer) {
		z := gzip.NewWriter(w)
		reportOf(z, "wordy", 1500, func(i int) string {
			return strings.Replace(goodRecord, "<auth_results/>", fmt.Sprintf("<auth_results><spf><domain>example.com</domain><result>pass</result><human_result>%d%s</human_result></spf></auth_results>", i, strings.Repeat("x", 60_000)), 1)
		})
		_ = z.Close() // told by w
	}, []string{"accepted"}}
	large := hostileInput{"60,000 records", func(w *bufio.Writer) { reportOf(w, "large", 60_000, func(int) string { return goodRecord }) }, []string{"accepted"}}
	noisy := hostileInput{"a report beside 35 MB that cannot be packed", multipartMail(func(w *bufio.Writer) {
		put(w, "--b\r\nContent-Type: text/xml\r\n\r\n"+strings.Replace(parseReport, "r-1", "noisy", 1)+"\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		enc := base64.NewEncoder(base64.StdEncoding, w)
		_, _ = io.CopyN(enc, rand.NewChaCha8([32]byte{}), 35*mebibyte) // told by w
		_ = enc.Close()
		put(w, "\r\n--b--\r\n")
	}), []string{"accepted"}}
	for i, h := range append(hostile(t, quiet.addr), wordy, large, noisy) {
		t.Run(h.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "hostile")
			h.write(t, file)
			counts, most := m.run(t, "import", "--org", m.slug, file)
			h.checkCounts(t, counts)
			if above := most - idle; above > 64<<20 {
				t.Errorf("%d MB above idle", above>>20)
			}
			t.Logf("%.1f MB above idle, %v", float64(most-idle)/(1<<20), counts)
			m.good(t, fmt.Sprint("good-", i))
		})
	}
	turns, most := m.run(t, "reparse", "--since", "2020-01-01")
	for turn, n := range turns {
		if before, after, _ := strings.Cut(turn, " → "); before != after {
			t.Errorf("read again, %d went from %s to %s", n, before, after)
		}
	}
	// One process reads them all: what one leaves is there until it is collected.
	if above := most - idle; above > 96<<20 {
		t.Errorf("reading all again: %d MB above idle", above>>20)
	}
	t.Logf("reading all again: %.1f MB above idle, %v", float64(most-idle)/(1<<20), turns)
	m.good(t, "last")
	if quiet.called() {
		t.Error("a connection was made")
	}
}

// checkCounts compares the verdicts with what should be said: one refused
// file, or one that is not.
func (h *hostileInput) checkCounts(t *testing.T, counts map[string]int) {
	t.Helper()
	refused, all := 0, 0
	if slices.ContainsFunc(h.want, func(w string) bool { return w != "accepted" && w != "This is not a report." }) {
		refused = 1
	}
	for _, n := range counts {
		all += n
	}
	want := 1
	if slices.Contains(h.want, "This is not a report.") {
		want = counts["no_report"]
	}
	if counts["refused"] != refused || all != want || all == 0 {
		t.Errorf("%v, want %d refused", counts, refused)
	}
}
