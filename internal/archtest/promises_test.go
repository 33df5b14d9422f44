package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/site/siteweb"
)

// promise is a row of internal/promises.md.
type promise struct {
	id, status  string
	code, tests []string
}

// The statuses.
const (
	kept     = "kept"
	operator = "operator"
	notBuilt = "not built"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// readPromises returns the rows by their names, and how many stand under each
// heading.
func readPromises(t *testing.T) (rows map[string]promise, under map[string]int) {
	t.Helper()
	content, err := os.ReadFile("../promises.md")
	if err != nil {
		t.Fatal(err)
	}
	rows, under = map[string]promise{}, map[string]int{}
	heading := ""
	for line := range strings.Lines(string(content)) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			heading = strings.TrimSpace(title)
		}
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| Row ") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 {
			t.Fatalf("not a row of five cells: %s", line)
		}
		p := promise{id: strings.TrimSpace(cells[0]), status: strings.TrimSpace(cells[2]), code: names(cells[3]), tests: names(cells[4])}
		if rows[p.id].id != "" {
			t.Errorf("two rows are called %s", p.id)
		}
		rows[p.id] = p
		under[heading]++
	}
	return rows, under
}

// names are what stands in back quotes.
func names(cell string) (list []string) {
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		list = append(list, m[1])
	}
	return list
}

func TestPromisesNameWhatExists(t *testing.T) {
	t.Parallel()
	rows, under := readPromises(t)
	if n := under["The page about Sendvery"] + under["The page about OpenSend"]; n < 48 {
		t.Errorf("only %d sentences of the two pages have a row", n)
	}
	for _, p := range rows {
		if !slices.Contains([]string{kept, operator, notBuilt}, p.status) {
			t.Errorf("%s: there is no status %q", p.id, p.status)
		}
		if built := p.status != notBuilt; built != (len(p.code) > 0) || built != (len(p.tests) > 0) {
			t.Errorf("%s is %s and names %d files and %d tests", p.id, p.status, len(p.code), len(p.tests))
		}
		for _, name := range p.code {
			if _, err := os.Stat(filepath.Join("../..", name)); err != nil {
				t.Errorf("%s: there is no %s", p.id, name)
			}
		}
		for _, name := range p.tests {
			if !testExists(t, name) {
				t.Errorf("%s: there is no test %s", p.id, name)
			}
		}
	}
}

// testExists looks for a test that is named by its folder and function.
func testExists(t *testing.T, name string) bool {
	t.Helper()
	dir, function, _ := strings.Cut(name, ".Test")
	files, err := filepath.Glob(filepath.Join("../..", dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		source, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(source), "\nfunc Test"+function+"(t *testing.T)")
	})
}

// The public pages claim what is kept, and what the operator says.
func TestPagesPromiseOnlyWhatIsKept(t *testing.T) {
	t.Parallel()
	rows, _ := readPromises(t)
	everything := siteweb.Facts{
		Address: "https://sendvery.example.org", HTTPS: true, Operator: "o", Contact: "mailto:c@example.org", Response: "r", Location: "l", Storage: "s", Backups: "b",
		TermsURL: "https://example.org/t", Source: "https://example.org/s", TLS: "acme", Authority: "a", SharedLimits: true, MailServer: "m", IPLookup: true, NetworkDNS: true, NetworkFiles: true, DKIMLookup: true, Providers: []string{"p"}, Payments: true,
	}
	claimed := map[string]bool{}
	for _, facts := range []siteweb.Facts{everything, {HTTPS: true, TLS: "proxy"}, {}} {
		for _, c := range claims(facts) {
			if len(c.Promises) == 0 && c.By != siteweb.Asked {
				t.Errorf("%q stands on no row", c.Text)
			}
			for _, id := range c.Promises {
				p := rows[id]
				claimed[id] = true
				if p.status != kept && p.status != operator {
					t.Errorf("%q stands on %s, which is %q", c.Text, id, p.status)
				}
				if said := c.By == siteweb.Operator || c.By == siteweb.Unsaid; said != (p.status == operator) {
					t.Errorf("%q stands on %s: one is the operator's word, the other is not", c.Text, id)
				}
				if facts.Operator == "" && p.status == operator && !strings.Contains(c.Text, "has not said") {
					t.Errorf("%q: nothing is configured, and it does not say so", c.Text)
				}
			}
		}
	}
	for id, p := range rows {
		if p.status == operator && !claimed[id] {
			t.Errorf("%s is the operator's part, and no page speaks of it", id)
		}
	}
}

func claims(f siteweb.Facts) (list []siteweb.Claim) {
	for _, page := range []siteweb.Page{siteweb.Security(f), siteweb.Privacy(f), siteweb.Terms(f), siteweb.OpenSource(f)} {
		for _, s := range page.Sections {
			list = append(list, s.Claims...)
		}
	}
	return list
}

// What is sealed is sealed by XChaCha20-Poly1305 alone.
func TestNoOtherCipher(t *testing.T) {
	t.Parallel()
	for _, f := range readHouse(t, "../..") {
		for _, imported := range f.imports {
			if slices.Contains([]string{"crypto/aes", "crypto/des", "crypto/rc4"}, imported) && !f.test() {
				t.Errorf("%s imports %s", f.name, imported)
			}
		}
	}
}

// make check looks for secrets in the source and for known faults in what it
// is built from.
func TestCheckLooksForSecretsAndFaults(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	_, check, _ := strings.Cut(string(makefile), "\ncheck: ")
	check, _, _ = strings.Cut(check, "\n\n")
	for _, target := range []string{"secrets", "vulnerabilities"} {
		if !strings.Contains(check, "check-"+target) {
			t.Errorf("make check does not look for %s", target)
		}
		script, err := os.ReadFile("../../.ci/" + target)
		if err != nil || !strings.Contains(string(makefile), "\t.ci/"+target+"\n") {
			t.Errorf("check-%s does not run .ci/%s: %v", target, target, err)
		}
		if !strings.Contains(string(script), "go tool -modfile=.ci/tools/go.mod") {
			t.Errorf(".ci/%s runs no tool", target)
		}
	}
}
