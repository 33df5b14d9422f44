package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/reading"
)

// TestHostile reads everything that an attacker may send with the program as
// it is built, in one process with the mail that comes next. Each has its
// verdict and reason, needs little memory and leaves nothing behind.
func TestHostile(t *testing.T) {
	t.Parallel()
	p := buildPlain(t)
	quiet := listen(t)
	idle := p.read(t, p.good).peak
	t.Cleanup(func() {
		if left := p.leftovers(t); len(left) > 0 {
			t.Errorf("files were written: %q", left)
		}
		if quiet.called() {
			t.Error("a connection was made")
		}
	})
	for _, h := range hostile(t, quiet.addr) {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "hostile")
			h.write(t, file)
			got := p.read(t, file, p.good)
			if len(got.lines) == 0 || got.lines[len(got.lines)-1].Verdict != "accepted" {
				t.Fatalf("the next mail does not go through: %+v", got.lines)
			}
			h.check(t, got.lines[:len(got.lines)-1])
			if above := got.peak - idle; above > 64<<20 {
				t.Errorf("%d MB above idle", above>>20)
			}
			t.Logf("%.1f MB above idle, %s", float64(got.peak-idle)/(1<<20), got.took.Round(time.Millisecond))
		})
	}
}

// check compares what was printed about a hostile input with what should be.
func (h *hostileInput) check(t *testing.T, lines []parsed) {
	t.Helper()
	var got []string
	for _, l := range lines {
		if l.Verdict == "accepted" {
			got = append(got, "accepted")
			continue
		}
		got = append(got, h.codeOf(l.Reason))
	}
	if got = slices.Compact(got); !slices.Equal(got, h.want) {
		t.Errorf("got %q, want %q; %.400v", got, h.want, lines)
	}
}

// codeOf returns the code that is wanted when this is its sentence, else the
// sentence.
func (h *hostileInput) codeOf(reason string) string {
	for _, code := range h.want {
		if sentence := reading.RefusalSentence(finding.Code(code)); sentence != "" && strings.HasPrefix(reason, sentence) {
			return code
		}
	}
	return reason
}

// TestLargeReportInLittleMemory is about an honest report of any size.
func TestLargeReportInLittleMemory(t *testing.T) {
	t.Parallel()
	p := buildPlain(t)
	idle := p.read(t, p.good).peak
	large := filepath.Join(t.TempDir(), "large.xml")
	writeReport(t, large, 60_000, func(int) string { return goodRecord })
	got := p.read(t, large)
	if len(got.lines) != 1 || got.lines[0].Records != 60_000 || got.lines[0].Messages != 180_000 {
		t.Fatalf("%+v", got.lines)
	}
	if above := got.peak - idle; above > 16<<20 {
		t.Errorf("%d MB above idle", above>>20)
	}
	t.Logf("%.1f MB above idle, %s", float64(got.peak-idle)/(1<<20), got.took)
}

// The last word of a command that fails may repeat what somebody else named.
func TestErrorsAreHarmless(t *testing.T) {
	t.Parallel()
	p := buildPlain(t)
	out, err := exec.CommandContext(t.Context(), p.path, "parse", "--\x1b]0;owned\x07\u009b2J").CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("owned")) || bytes.ContainsAny(out, "\x1b\x07\u009b") {
		t.Errorf("%v, %q", err, out)
	}
}

// plain is the program, built without the race detector, which would need
// memory of its own.
type plain struct {
	path, dir string
	good      string // a mail with a report as it should be
}

func buildPlain(t *testing.T) *plain {
	t.Helper()
	home := t.TempDir()
	p := &plain{path: filepath.Join(home, "sendvery"), dir: filepath.Join(home, "work"), good: filepath.Join(home, "good.eml")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", p.path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	text := reportMailHead + "Content-Type: text/xml\r\n\r\n" + parseReport
	if err := os.WriteFile(p.good, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// leftovers lists what the program wrote where it ran, and above that.
func (p *plain) leftovers(t *testing.T) (names []string) {
	t.Helper()
	for name, err := range files([]string{filepath.Dir(p.dir)}) {
		if err != nil {
			t.Fatal(err)
		}
		if name != p.path && name != p.good {
			names = append(names, name)
		}
	}
	return names
}

// measured is what came of one run of parse.
type measured struct {
	lines []parsed
	peak  int64 // bytes of memory, at most
	took  time.Duration
}

// read parses files and measures the memory that it took. The last argument of
// the program is a pipe: when it waits there, it has read everything.
func (p *plain) read(t *testing.T, files ...string) measured {
	t.Helper()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var errs bytes.Buffer
	cmd := exec.CommandContext(ctx, p.path, append(append([]string{"parse"}, files...), pipe)...)
	cmd.Dir, cmd.Stderr = p.dir, &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var r measured
	in := bufio.NewScanner(out)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var l parsed
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		r.lines = append(r.lines, l)
		if l.File == files[len(files)-1] {
			break
		}
	}
	r.took = time.Since(began)
	r.peak = peak(t, cmd.Process.Pid)
	end, err := os.OpenFile(pipe, os.O_RDWR, 0) // does not wait for the other end
	if err != nil {
		t.Fatal(err)
	}
	defer end.Close()
	for in.Scan() {
		continue // to the end
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("parse: %v\n%s", err, errs.String())
	}
	return r
}

// peak is the most memory that a process has had.
func peak(t *testing.T, pid int) int64 {
	t.Helper()
	most := highWater(pid)
	if most == 0 {
		t.Fatal("the process has ended")
	}
	return most
}
