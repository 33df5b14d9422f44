package app_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/apptest"
)

// manyRecords is a report of several senders and results; =1+1 is what a
// spreadsheet would compute.
func manyRecords(a *apptest.App, id, domain string) string {
	var b strings.Builder
	end := a.Clock.Now().AddDate(0, 0, -2).Unix()
	fmt.Fprintf(&b, `<feedback><report_metadata><org_name>=1+1</org_name><email>d@receiver.example</email><report_id>%s</report_id>`+
		`<date_range><begin>%d</begin><end>%d</end></date_range></report_metadata><policy_published><domain>%s</domain><p>none</p></policy_published>`, id, end-3600, end, domain)
	for i, result := range []string{"pass", "fail", "pass", "fail"} {
		fmt.Fprintf(&b, `<record><row><source_ip>192.0.2.%d</source_ip><count>%d</count><policy_evaluated><disposition>none</disposition>`+
			`<dkim>%s</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>%s</header_from></identifiers><auth_results/></record>`, 1+i/2, 10+i, result, domain)
	}
	return b.String() + "</feedback>"
}

// sumOf adds up the messages of a table.
func sumOf(t *testing.T, table string) (sum int64, rows int) {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil || len(lines) == 0 {
		t.Fatalf("no table: %v in %.300q", err, table)
	}
	column := -1
	for i, name := range lines[0] {
		if name == "messages" {
			column = i
		}
	}
	for _, line := range lines[1:] {
		n, err := strconv.ParseInt(line[column], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum, len(lines) - 1
}

func TestDownloadsHoldWhatTheFilterChooses(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	take(t, a, w.slug, manyRecords(a, "many", w.domain))
	here := "/o/" + w.slug + "/download"
	for query, want := range map[string]int64{
		"days=28": 49, "days=28&class=passing": 25, "days=28&class=fix": 24, "ip=192.0.2.2": 25, "sender=192.0.2.1&domain=" + w.domain: 24, "days=28&reporter=nobody.example": 0, "authenticated=no": 0,
	} {
		for _, kind := range []string{"messages", "records"} {
			p := w.owner.Get(t, here+"/"+kind+".csv?"+query)
			if sum, _ := sumOf(t, p.Body); p.Status != 200 || sum != want {
				t.Errorf("%s of %s: %d, %d messages, want %d", kind, query, p.Status, sum, want)
			}
			var rows []struct{ Messages int64 }
			p = w.owner.Get(t, here+"/"+kind+".json?"+query)
			if err := json.Unmarshal([]byte(p.Body), &rows); err != nil {
				t.Errorf("%s of %s: %v", kind, query, err)
			}
			sum := int64(0)
			for _, r := range rows {
				sum += r.Messages
			}
			if sum != want {
				t.Errorf("%s of %s as JSON: %d messages, want %d", kind, query, sum, want)
			}
		}
		if page := w.owner.Get(t, here+"?"+query); want > 0 && !strings.Contains(page.Body, fmt.Sprintf("Take %d messages with you", want)) || want == 0 && !strings.Contains(page.Body, "Nothing to take") {
			t.Errorf("%s: the page says something else than %d messages", query, want)
		}
	}
	p := w.owner.Get(t, here+"/records.csv?days=28&domain="+w.domain)
	today := a.Clock.Now().UTC()
	name := fmt.Sprintf(`attachment; filename="%s-%s-%s-records.csv"`, w.domain, today.AddDate(0, 0, -27).Format("2006-01-02"), today.Format("2006-01-02"))
	if got := p.Header.Get("Content-Disposition"); got != name || p.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the file comes as %q, want %q", got, name)
	}
	if !strings.Contains(p.Body, ",'=1+1,") || strings.Contains(p.Body, ",=1+1,") {
		t.Errorf("a spreadsheet would compute what is sent:\n%s", p.Body)
	}
	if p := w.owner.Get(t, here+"/summary.pdf?domain="+w.domain); !strings.HasPrefix(p.Body, "%PDF-") || p.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("the summary: %d %.20q", p.Status, p.Body)
	}
	if p := w.owner.Get(t, here+"/records.csv?ip=nonsense"); p.Status != 422 {
		t.Errorf("a filter that is none: %d", p.Status)
	}
}

func TestOriginalsOfAFilterAreTaken(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	many := manyRecords(a, "many", w.domain)
	take(t, a, w.slug, many)
	files := unzip(t, w.owner.Get(t, "/o/"+w.slug+"/download/originals.zip?ip=192.0.2.2").Body)
	if got := valuesOf(files); len(got) != 1 || got[0] != many {
		t.Errorf("%d originals, want the one that names the address", len(got))
	}
}

func TestDownloadsThatAreMade(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	many := manyRecords(a, "many", w.domain)
	take(t, a, w.slug, many)
	query(t, a, `WITH d AS (DELETE FROM exports) SELECT 1`).into(new(int))
	here := "/o/" + w.slug + "/download"
	viewer, admin := join(t, a, w.slug, "viewer"), join(t, a, w.slug, "admin")
	for _, c := range []struct {
		kind, format, name string
		by                 *apptest.Browser
	}{{"records", "csv", "records.csv", viewer}, {"messages", "json", "messages.json", viewer}, {"originals", "", "", admin}} {
		if p := c.by.Post(t, here+"?ip=192.0.2.2", "kind", c.kind, "format", c.format); p.Status != 303 {
			t.Fatalf("asking for %s: %d", c.kind, p.Status)
		}
		var link string
		eventually(t, "ready", func() bool {
			for _, part := range strings.Split(c.by.Get(t, here).Body, "<li") {
				if id, _, ok := strings.Cut(after(part, `href="`+here+"/"), `"`); ok && strings.Contains(part, "-"+c.kind+".zip") && strings.Contains(part, "Download") {
					link = here + "/" + id
				}
			}
			return link != ""
		})
		p := c.by.Get(t, link)
		for name, content := range unzip(t, p.Body) {
			switch {
			case c.kind == "originals" && content == many:
			case c.kind == "messages" && strings.Contains(content, `"messages":25`) || c.kind == "messages" && strings.Contains(content, `"messages":12`):
			case c.kind == "records" && strings.HasSuffix(name, "-records.csv"):
				if sum, _ := sumOf(t, content); sum != 25 {
					t.Errorf("%s: %d messages", name, sum)
				}
			default:
				t.Errorf("%s: %s holds %.200q", c.kind, name, content)
			}
		}
		if c.kind == "originals" {
			if got := viewer.Get(t, link).Status; got != 403 {
				t.Errorf("originals fetched by a viewer: %d", got)
			}
			query(t, a, `WITH u AS (UPDATE members SET role = 'member' WHERE role = 'admin') SELECT 1`).into(new(int))
			if got := admin.Get(t, link).Status; got != 403 {
				t.Errorf("originals fetched by who is no admin any more: %d", got)
			}
		}
	}
	for kind, want := range map[string]int{"originals": 403, "everything": 422, "nonsense": 422} {
		if p := viewer.Post(t, here, "kind", kind); p.Status != want {
			t.Errorf("%s asked for by a viewer: %d, want %d", kind, p.Status, want)
		}
	}
}

func after(s, mark string) string {
	_, rest, _ := strings.Cut(s, mark)
	return rest
}
