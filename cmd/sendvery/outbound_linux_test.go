package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/dbtest"
)

// aloneEnv tells the test binary that it runs in a network of its own, and
// where the program is.
const aloneEnv = "SENDVERY_TEST_ALONE"

// TestNothingIsConnectedToThatNobodyConfigured runs the built program where
// there is nothing but loopback, in a network namespace of its own whose kernel
// counts what is sent and what finds no way out. Signing in, uploading and
// importing connect to nobody but the mail server that is configured, and ask
// nobody but the system's resolver.
func TestNothingIsConnectedToThatNobodyConfigured(t *testing.T) {
	program := os.Getenv(aloneEnv)
	if program == "" {
		inItsOwnNetwork(t, buildPlain(t).path)
		return
	}
	isolate(t)
	resolver := newResolver(t)
	checkCounters(t)
	t.Run("asking nobody", func(t *testing.T) {
		w := newWatch(t, program, map[string]string{"IP_LOOKUP": "off", "DKIM_LOOKUP": "off"})
		w.live(t)
		if asked := resolver.names(); len(asked) > 0 {
			t.Errorf("the resolver was asked for %q", asked)
		}
		w.end(t, 0)
	})
	t.Run("asking the resolver", func(t *testing.T) {
		w := newWatch(t, program, nil)
		w.live(t)
		for until := time.Now().Add(time.Minute); len(resolver.names()) == 0; {
			if time.Now().After(until) {
				t.Fatalf("the resolver is not asked, so nothing is known of who else would be:\n%s", w.serve.said())
			}
		}
		w.end(t, resolver.packets())
	})
}

// inItsOwnNetwork runs this very test once more, in new namespaces for network
// and mounts.
func inItsOwnNetwork(t *testing.T, program string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	again := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=5m")
	again.Env = append(os.Environ(), aloneEnv+"="+program)
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	var out bytes.Buffer
	again.Stdout, again.Stderr = &out, &out
	if err := again.Start(); err != nil {
		t.Fatalf("a network of its own cannot be made: %v. It takes root and CAP_SYS_ADMIN; in a container: --cap-add SYS_ADMIN", err)
	}
	if err := again.Wait(); err != nil || !strings.Contains(out.String(), "--- PASS: "+t.Name()) {
		t.Fatalf("%v\n%s", err, out.String())
	}
}

// isolate switches loopback on, which is all there is, and makes this machine
// its own resolver.
func isolate(t *testing.T) {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(socket)
	request := struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{flags: syscall.IFF_UP | syscall.IFF_RUNNING}
	copy(request.name[:], "lo")
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(socket), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); errno != 0 {
		t.Fatal("loopback: ", errno)
	}
	resolv := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(resolv, []byte("nameserver 127.0.0.1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatal("mounts: ", err)
	}
	if err := syscall.Mount(resolv, "/etc/resolv.conf", "", syscall.MS_BIND, ""); err != nil {
		t.Fatal("resolv.conf: ", err)
	}
}

// counters are what the kernel counts in this network.
type counters struct {
	opens  int // TCP connections that were begun
	udp    int // datagrams that were sent
	noWays int // what was to go where no way leads, IPv6 included
}

func count(t *testing.T) (c counters) {
	t.Helper()
	snmp, err := os.ReadFile("/proc/self/net/snmp")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(snmp), "\n")
	value := func(protocol, name string) int {
		for i := 0; i+1 < len(lines); i += 2 {
			names, values := strings.Fields(lines[i]), strings.Fields(lines[i+1])
			for n, field := range names {
				if names[0] == protocol+":" && field == name {
					v, err := strconv.Atoi(values[n])
					if err != nil {
						t.Fatal(err)
					}
					return v
				}
			}
		}
		t.Fatalf("the kernel does not count %s %s", protocol, name)
		return 0
	}
	c = counters{opens: value("Tcp", "ActiveOpens"), udp: value("Udp", "OutDatagrams"), noWays: value("Ip", "OutNoRoutes")}
	six, err := os.ReadFile("/proc/self/net/snmp6")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(six)) {
		if fields := strings.Fields(line); fields[0] == "Ip6OutNoRoutes" || fields[0] == "Udp6OutDatagrams" {
			v, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			if fields[0] == "Ip6OutNoRoutes" {
				c.noWays += v
			} else {
				c.udp += v
			}
		}
	}
	return c
}

// checkCounters shows that whatever was tried would be counted.
func checkCounters(t *testing.T) {
	t.Helper()
	before := count(t)
	for network, address := range map[string]string{"tcp4": "192.0.2.1:443", "tcp6": "[2001:db8::1]:443", "udp4": "192.0.2.53:53", "udp6": "[2001:db8::53]:53"} {
		conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(t.Context(), network, address)
		if err == nil {
			_ = conn.Close()
			t.Fatalf("%s %s is reached: there is a way out", network, address)
		}
	}
	if after := count(t); after.noWays != before.noWays+4 {
		t.Fatalf("of four tries the kernel counted %d", after.noWays-before.noWays)
	}
}

// resolver is the system's resolver: it knows no name.
type resolver struct {
	conn net.PacketConn

	mu    sync.Mutex
	asked []string
}

func newResolver(t *testing.T) *resolver {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	r := &resolver{conn: conn}
	go r.answer()
	return r
}

// answer says of each name that there is none (RFC 1035 section 4.1.1).
func (r *resolver) answer() {
	message := make([]byte, 4096)
	for {
		n, from, err := r.conn.ReadFrom(message)
		if err != nil {
			return
		}
		if n < 12 {
			continue
		}
		r.mu.Lock()
		r.asked = append(r.asked, fmt.Sprintf("%q", message[12:n]))
		r.mu.Unlock()
		message[2] |= 0x80
		message[3] = message[3]&0xf0 | 3
		_, _ = r.conn.WriteTo(message[:n], from)
	}
}

func (r *resolver) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// packets is how many datagrams questions and answers were.
func (r *resolver) packets() int { return 2 * len(r.names()) }

// watch is a program under watch.
type watch struct {
	program string
	environ map[string]string
	serve   *served
	before  counters
	ours    atomic.Int64 // connections that the test made
	mails   func() int
	visitor visitor
	home    string
}

func newWatch(t *testing.T, program string, options map[string]string) *watch {
	t.Helper()
	env := environ(dbtest.New(t))
	delete(env, "IP_LOOKUP")
	for name, value := range options {
		env[name] = value
	}
	inbox := withInbox(t, env)
	env["LISTEN"], env["INGESTER_JOB_TOKEN"] = "127.0.0.1:0", apptest.JobToken
	w := &watch{program: program, environ: env, before: count(t)}
	w.mails = func() int { mails, _ := inbox.Taken(); return len(mails) }
	w.serve = startServe(t, program, env)
	dialer := &net.Dialer{}
	w.visitor = newVisitor(t, "http://"+w.serve.at["LISTEN"], &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		w.ours.Add(1)
		return dialer.DialContext(ctx, network, address)
	}})
	w.home = w.visitor.signIn(t, inbox, "ada@first.example")
	return w
}

// live does what people do: pages, an upload, an import, and every regular job.
func (w *watch) live(t *testing.T) {
	t.Helper()
	v := w.visitor
	if status, _, body := v.ask(t, w.home+"domains", url.Values{"domain": {"example.com"}}); status != http.StatusSeeOther {
		t.Fatalf("a domain: %d %s", status, body)
	}
	sent := strings.Replace(parseReport, "192.0.2.1", "9.9.9.9", 1) // no name is asked of an address that is nobody's
	body := "--b\r\nContent-Disposition: form-data; name=file; filename=r.xml\r\n\r\n" + sent + "\r\n--b--\r\n"
	if status, to, body := v.send(t, http.MethodPost, w.home+"uploads", "multipart/form-data; boundary=b", strings.NewReader(body)); status != http.StatusSeeOther {
		t.Fatalf("an upload: %d to %q: %s", status, to, body)
	}
	for _, page := range []string{"", "senders", "reports", "receipts?verdict=all", "reporters", "members", "settings"} {
		if status, _, body := v.ask(t, w.home+page, nil); status != http.StatusOK {
			t.Errorf("%s: %d %s", page, status, body)
		}
	}
	file := filepath.Join(t.TempDir(), "report.eml")
	if err := os.WriteFile(file, []byte(reportMailHead+"Content-Type: text/xml\r\n\r\n"+strings.Replace(sent, "r-1", "r-2", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	imported := exec.CommandContext(t.Context(), w.program, "import", "--org", strings.Split(w.home, "/")[2], file)
	for name, value := range w.environ {
		imported.Env = append(imported.Env, name+"="+value)
	}
	if out, err := imported.CombinedOutput(); err != nil || !strings.Contains(string(out), "repaired   1") {
		t.Fatalf("import: %v\n%s", err, out)
	}
	for _, kind := range []string{"find_senders", "authenticate_again", "expire_originals", "ensure_months", "sweep_sign_in"} {
		w.start(t, kind)
	}
}

// start has a regular job done.
func (w *watch) start(t *testing.T, kind string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.visitor.base+"/jobs/"+kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+apptest.JobToken)
	resp, err := w.visitor.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		t.Errorf("%s: %d", kind, resp.StatusCode)
	}
}

// end ends the program and compares what was sent with what should be.
func (w *watch) end(t *testing.T, datagrams int) {
	t.Helper()
	w.serve.stop(t)
	after := count(t)
	if n := after.noWays - w.before.noWays; n != 0 {
		t.Errorf("%d times something was sent where no way leads:\n%s", n, w.serve.said())
	}
	if n, want := after.opens-w.before.opens, int(w.ours.Load())+w.mails(); n != want {
		t.Errorf("%d connections were begun, want %d of the test and %d to the mail server", n, w.ours.Load(), w.mails())
	}
	if n := after.udp - w.before.udp; n < datagrams || n > datagrams+2 { // one more question may have come and gone
		t.Errorf("%d datagrams were sent, want %d: the resolver's", n, datagrams)
	}
}
