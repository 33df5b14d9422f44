package audit_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
)

// admin is somebody who has the database, and not the keys.
func (b *bench) admin(t *testing.T, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), strings.ReplaceAll(sql, "ORG", "'"+b.org.String()+"'")); err != nil {
			t.Fatal(sql, ": ", err)
		}
	}
}

// fill records events 1 to n of the organization, one a transaction.
func (b *bench) fill(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		e := b.event(fmt.Sprintf("%d.example", time.Now().UnixNano()))
		if i%2 == 0 {
			e.Detail = map[string]string{"host": "imap.example.org", "domain": "example.org", "empty": ""}
		}
		if err := b.do(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

// verify returns what is found, a line each.
func (b *bench) verify(t *testing.T, anchors string) (string, audit.Verified) {
	t.Helper()
	var found []string
	var from io.Reader
	if anchors != "" {
		from = strings.NewReader(anchors)
	}
	v, err := b.Verify(t.Context(), from, func(broken audit.Break) { found = append(found, broken.Chain+": "+broken.What) })
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(found, "\n"), v
}

func (b *bench) anchor(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	if err := b.WriteAnchors(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// renumber moves the events behind a place by so many places.
func renumber(behind, by int) []string {
	return []string{
		fmt.Sprintf(`UPDATE audit_events SET seq = seq + 1000 WHERE org_id = ORG AND seq > %d`, behind),
		fmt.Sprintf(`UPDATE audit_events SET seq = seq - 1000 + %d WHERE org_id = ORG AND seq > 1000`, by),
	}
}

const (
	copied = `INSERT INTO audit_events (org_id, seq, at, person_id, action, subject, detail, key_id, mac)
		SELECT org_id, %d, at, person_id, action, 'forged.example', detail, key_id, mac FROM audit_events WHERE org_id = ORG AND seq = %d`
	setBack = `UPDATE audit_heads h SET seq = e.seq, mac = e.mac FROM audit_events e WHERE e.org_id = h.org_id AND h.org_id = ORG AND e.seq = %d`
)

func TestVerifyNamesTheFirstEventThatIsNotAsItWasWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tamper []string
		want   string // of 9 events
	}{
		"nothing":                           {nil, ""},
		"subject changed":                   {[]string{`UPDATE audit_events SET subject = 'other.example' WHERE org_id = ORG AND seq IN (4, 7)`}, "event 4 was changed"},
		"action changed":                    {[]string{`UPDATE audit_events SET action = 'domain.remove' WHERE org_id = ORG AND seq = 1`}, "event 1 was changed"},
		"time changed":                      {[]string{`UPDATE audit_events SET at = at - interval '1 microsecond' WHERE org_id = ORG AND seq = 9`}, "event 9 was changed"},
		"time impossible":                   {[]string{`UPDATE audit_events SET at = 'infinity' WHERE org_id = ORG AND seq = 3`}, "event 3 was changed"},
		"person changed":                    {[]string{`UPDATE audit_events SET person_id = gen_random_uuid() WHERE org_id = ORG AND seq = 5`}, "event 5 was changed"},
		"person removed":                    {[]string{`UPDATE audit_events SET person_id = NULL WHERE org_id = ORG AND seq = 5`}, "event 5 was changed"},
		"detail changed":                    {[]string{`UPDATE audit_events SET detail = detail || '{"host": "other"}' WHERE org_id = ORG AND seq = 5`}, "event 5 was changed"},
		"detail removed":                    {[]string{`UPDATE audit_events SET detail = NULL WHERE org_id = ORG AND seq = 5`}, "event 5 was changed"},
		"detail added":                      {[]string{`UPDATE audit_events SET detail = '{}' WHERE org_id = ORG AND seq = 4`}, "event 4 was changed"},
		"detail null":                       {[]string{`UPDATE audit_events SET detail = 'null' WHERE org_id = ORG AND seq = 4`}, "event 4 was changed"},
		"detail of a number":                {[]string{`UPDATE audit_events SET detail = '{"host": 1}' WHERE org_id = ORG AND seq = 5`}, "event 5 was changed"},
		"detail's text made null":           {[]string{`UPDATE audit_events SET detail = detail || '{"empty": null}' WHERE org_id = ORG AND seq = 5`}, "event 5 was changed"},
		"code changed":                      {[]string{`UPDATE audit_events SET mac = sha256('x') WHERE org_id = ORG AND seq = 6`}, "event 6 was changed"},
		"code of the last one changed":      {[]string{`UPDATE audit_events SET mac = sha256('x') WHERE org_id = ORG AND seq = 9`}, "event 9 was changed"},
		"key not in the ring":               {[]string{`UPDATE audit_events SET key_id = 'other' WHERE org_id = ORG AND seq = 6`}, `event 6 is signed with the key "other", which AUDIT_KEYS lacks`},
		"the first deleted":                 {[]string{`DELETE FROM audit_events WHERE org_id = ORG AND seq = 1`}, "event 1 was deleted"},
		"some deleted":                      {[]string{`DELETE FROM audit_events WHERE org_id = ORG AND seq IN (3, 4, 5, 8)`}, "events 3 to 5 were deleted"},
		"deleted and numbered anew":         {append([]string{`DELETE FROM audit_events WHERE org_id = ORG AND seq = 4`}, renumber(4, -1)...), "event 4 was deleted and the rest numbered anew"},
		"several deleted and numbered anew": {append([]string{`DELETE FROM audit_events WHERE org_id = ORG AND seq IN (2, 3)`}, renumber(3, -2)...), "events 2 to 3 were deleted and the rest numbered anew"},
		"all but the last deleted":          {append([]string{`DELETE FROM audit_events WHERE org_id = ORG AND seq < 9`}, renumber(8, -8)...), "event 1 was changed, or events before it were deleted"},
		"inserted":                          {append(renumber(3, 1), fmt.Sprintf(copied, 4, 3)), "event 4 was inserted or moved there: the one that belongs there is now event 5"},
		"inserted at the end":               {[]string{fmt.Sprintf(copied, 10, 9)}, "event 10 stands behind the end of the chain"},
		"inserted at the end, head moved":   {[]string{fmt.Sprintf(copied, 10, 9), fmt.Sprintf(setBack, 10)}, "event 10 was changed"},
		"neighbours reordered":              {[]string{`UPDATE audit_events SET seq = -seq WHERE org_id = ORG AND seq IN (4, 5)`, `UPDATE audit_events SET seq = 9 + seq WHERE org_id = ORG AND seq < 0`}, "event 4 was reordered: it and event 5 stand in each other's place"},
		"others reordered":                  {[]string{`UPDATE audit_events SET seq = -seq WHERE org_id = ORG AND seq IN (2, 8)`, `UPDATE audit_events SET seq = 10 + seq WHERE org_id = ORG AND seq < 0`}, "event 2 was reordered: it and event 8 stand in each other's place"},
		"tail cut":                          {[]string{`DELETE FROM audit_events WHERE org_id = ORG AND seq > 6`}, "events 7 to 9 were cut off"},
		"tail cut and head set back":        {[]string{`DELETE FROM audit_events WHERE org_id = ORG AND seq > 6`, fmt.Sprintf(setBack, 6)}, "the head of the chain was changed"},
		"head emptied, one event left":      {[]string{`UPDATE audit_heads SET proof = '' WHERE org_id = ORG`}, "the head of the chain was changed"},
		"head set back":                     {[]string{fmt.Sprintf(setBack, 6)}, "event 7 stands behind the end of the chain: it was inserted, or the end was set back"},
		"head emptied, events deleted":      {[]string{`DELETE FROM audit_events WHERE org_id = ORG`, `UPDATE audit_heads SET seq = 0, mac = '', key_id = '', proof = '' WHERE org_id = ORG`}, "the head of the chain was changed"},
		"head deleted":                      {[]string{`DELETE FROM audit_heads WHERE org_id = ORG`}, "the head of the chain was deleted"},
		"head's proof of another key":       {[]string{`UPDATE audit_heads SET key_id = 'other' WHERE org_id = ORG`}, "the head of the chain was changed"},
		"moved in front of the chain":       {[]string{`UPDATE audit_events SET seq = -5 WHERE org_id = ORG AND seq = 2`}, "event 2 was deleted"},
		"an older one in front, unproved":   {[]string{`UPDATE audit_events SET seq = seq WHERE org_id = ORG`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.fill(t, 9)
			second := *b
			second.org = b.newOrg(t, "second")
			second.fill(t, 3)
			b.admin(t, c.tamper...)
			found, v := b.verify(t, "")
			if c.want == "" && found != "" || c.want != "" && !strings.HasPrefix(found, "organization "+b.org.String()+": "+c.want) {
				t.Errorf("found %q, want %q", found, c.want)
			}
			if strings.Contains(found, "\n") || v.Chains != 2 {
				t.Errorf("more than one break in %d chains: %s", v.Chains, found)
			}
		})
	}
}

// state is head and events of the organization as they are, in other tables.
var (
	saveState    = []string{`CREATE TABLE saved_heads AS SELECT * FROM audit_heads WHERE org_id = ORG`, `CREATE TABLE saved_events AS SELECT * FROM audit_events WHERE org_id = ORG`}
	restoreState = []string{`DELETE FROM audit_events WHERE org_id = ORG`, `DELETE FROM audit_heads WHERE org_id = ORG`,
		`INSERT INTO audit_heads SELECT * FROM saved_heads`, `INSERT INTO audit_events SELECT * FROM saved_events`}
)

func TestHeadAndTailRestoredTogetherAreFoundOnlyWithAnAnchor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fill(t, 6)
	early := b.anchor(t)
	b.admin(t, saveState...)
	b.fill(t, 3)
	late := b.anchor(t)
	for _, anchors := range []string{"", early, late, early + late} {
		if found, _ := b.verify(t, anchors); found != "" {
			t.Errorf("before: %s", found)
		}
	}
	b.admin(t, restoreState...)
	for anchors, want := range map[string]string{"": "", early: "", late: "events 7 to 9 were cut off, which the anchor of 20 Nov 2026 12:00 UTC knows", early + late: "events 7 to 9 were cut off"} {
		if found, _ := b.verify(t, anchors); (want == "") != (found == "") || !strings.Contains(found, want) {
			t.Errorf("found %q, want %q", found, want)
		}
	}
	// And when the program, which knows nothing of it, has gone on.
	b.fill(t, 5)
	if found, _ := b.verify(t, late); !strings.Contains(found, "event 9 is not the one that the anchor of 20 Nov 2026 12:00 UTC names") {
		t.Errorf("after more events: %q", found)
	}
	if found, _ := b.verify(t, early); found != "" {
		t.Errorf("an anchor of an earlier day: %q", found)
	}
}

func TestDailyAnchorsFindWhoForgetsThem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fill(t, 6)
	b.admin(t, saveState...)
	b.fill(t, 3)
	at := now
	b.Now = func() time.Time { return at }
	for range 3 { // the second finds nothing to anchor, the third nothing to keep
		if err := b.KeepAnchors(t.Context(), audit.KeepAnchors{}); err != nil {
			t.Fatal(err)
		}
		if n := one[int](t, b, `SELECT count(*) FROM audit_anchors`); n != 1 {
			t.Errorf("%d anchors are kept, want 1", n)
		}
		at = at.Add(24 * time.Hour)
	}
	var out bytes.Buffer
	if err := b.WriteOrgAnchors(t.Context(), b.org, &out); err != nil || strings.Count(out.String(), "organization "+b.org.String()+" 9 ") != 2 {
		t.Errorf("the organization's anchors: %v\n%s", err, out.String())
	}
	b.admin(t, restoreState...)
	if found, _ := b.verify(t, ""); !strings.Contains(found, "events 7 to 9 were cut off, which the anchor of") {
		t.Errorf("found %q", found)
	}
	b.admin(t, `UPDATE audit_anchors SET seq = 6, mac = (SELECT mac FROM audit_events WHERE org_id = ORG AND seq = 6)`)
	if found, _ := b.verify(t, ""); !strings.Contains(found, "an anchor that is kept here is not as it was signed") {
		t.Errorf("a forged anchor: %q", found)
	}
	at = at.Add(401 * 24 * time.Hour)
	if err := b.KeepAnchors(t.Context(), audit.KeepAnchors{}); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, b, `SELECT string_agg(seq || ' ' || at::date, ',') FROM audit_anchors`); got != "6 "+at.Format(time.DateOnly) {
		t.Errorf("after 400 days: %s", got)
	}
}

func TestAnchorOfAForgedHeadIsNotMade(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fill(t, 3)
	b.admin(t, fmt.Sprintf(setBack, 2))
	var out bytes.Buffer
	if err := b.WriteAnchors(t.Context(), &out); err == nil || strings.Contains(out.String(), b.org.String()) {
		t.Errorf("%v\n%s", err, out.String())
	}
	if err := b.KeepAnchors(t.Context(), audit.KeepAnchors{}); err == nil {
		t.Error("the daily job says nothing")
	}
}

func TestForgedAnchorIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fill(t, 3)
	good := b.anchor(t)
	line, digest, _ := strings.Cut(good, "\n")
	for name, c := range map[string]struct{ anchors, want string }{
		"number changed":       {strings.Replace(good, " 3 ", " 2 ", 1), "line 1 of the anchor is not as it was signed"},
		"line removed":         {digest, "line 1 of the anchor: the digest is not that of the lines before it"},
		"line doubled":         {line + "\n" + good, "line 3 of the anchor: the digest"},
		"no anchor":            {"something else\n", "line 1 of the anchor: this is not a line of an anchor"},
		"not a number":         {strings.Replace(good, " 3 ", " three ", 1), "not a line of an anchor"},
		"signed by a stranger": {strings.Replace(good, " tests ", " other ", 1), `line 1 of the anchor is signed with the key "other"`},
	} {
		_, err := b.Verify(t.Context(), strings.NewReader(c.anchors), func(audit.Break) {})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := b.Verify(t.Context(), strings.NewReader(""), func(audit.Break) {}); err == nil {
		t.Error("an empty anchor is taken")
	}
}

func TestKeysOfTheTrailRotate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fill(t, 3)
	old := b.anchor(t)
	keys, err := seal.ParseSigner(seal.GenerateKey("newer") + ",tests:YSB0cmFpbCBvZiB0ZXN0cywgMzIgYnl0ZXMgb2YgaXQ=")
	if err != nil {
		t.Fatal(err)
	}
	b.Keys = keys
	b.fill(t, 3)
	if found, v := b.verify(t, old+b.anchor(t)); found != "" || v.Events != 6 {
		t.Errorf("%s, %d events", found, v.Events)
	}
	if got := one[string](t, b, `SELECT string_agg(DISTINCT key_id, ' ') FROM audit_keys`); got != "newer tests" {
		t.Errorf("keys in use: %s", got)
	}
	alone, err := seal.ParseSigner(seal.GenerateKey("newest"))
	if err != nil {
		t.Fatal(err)
	}
	b.Keys = alone
	if missing, err := b.MissingKeys(t.Context()); err != nil || strings.Join(missing, " ") != "newer tests" {
		t.Errorf("missing: %v, %v", missing, err)
	}
}

func TestErasingAPersonLeavesTheChainsWhole(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fill(t, 3)
	err := b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
		return b.Record(ctx, tx, audit.Event{Person: b.person, Action: "session.begin", Subject: "s", At: now, Detail: map[string]string{"device": "Firefox on Linux"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	before := b.anchor(t)
	erase := func(end bool) {
		t.Helper()
		err := b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			if end {
				if err := b.EndPerson(ctx, tx, b.person, now); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, `DELETE FROM people WHERE person_id = $1`, b.person)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	erase(true)
	if found, _ := b.verify(t, before); found != "" {
		t.Errorf("found %s", found)
	}
	if n := one[int](t, b, `SELECT count(*) FROM audit_person_events WHERE action <> 'chain.end'`); n != 0 {
		t.Errorf("%d events of their own are left", n)
	}
	if n := one[int](t, b, `SELECT count(*) FROM audit_events WHERE person_id = $1`, b.person); n != 3 {
		t.Errorf("their id stands in %d events, want 3", n)
	}
	if err := b.do(t.Context(), b.event("later.example")); err != nil {
		t.Error("the organization's chain goes on: ", err)
	}
}

func TestChainThatIsGoneIsMissedByItsAnchor(t *testing.T) {
	t.Parallel()
	for name, ended := range map[string]bool{"removed": false, "deleted in order": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.fill(t, 3)
			before := b.anchor(t)
			if ended {
				err := b.db.InOrg(t.Context(), b.org, func(ctx context.Context, tx postgres.Tx) error { return b.EndOrg(ctx, tx, b.org, now) })
				if err != nil {
					t.Fatal(err)
				}
			}
			// It is erased in several transactions.
			for _, half := range []string{`DELETE FROM audit_events WHERE org_id = ORG AND seq = 2`, `DELETE FROM audit_events WHERE org_id = ORG`} {
				b.admin(t, half)
				if found, _ := b.verify(t, before); ended != (found == "") {
					t.Errorf("half-way: %q", found)
				}
			}
			b.admin(t, `DELETE FROM organizations WHERE org_id = ORG`)
			if found, _ := b.verify(t, ""); found != "" {
				t.Errorf("without an anchor: %s", found)
			}
			found, _ := b.verify(t, before)
			if ended != (found == "") || !ended && !strings.Contains(found, "events 1 to 3 were deleted with the whole chain") {
				t.Errorf("with an anchor: %q", found)
			}
		})
	}
}

// What was cut off stays missed when events follow.
func TestAnEventBehindACutTailDoesNotMendIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fill(t, 9)
	b.admin(t, `DELETE FROM audit_events WHERE org_id = ORG AND seq > 6`, fmt.Sprintf(setBack, 6))
	for range 2 {
		b.fill(t, 1)
		if found, _ := b.verify(t, ""); !strings.Contains(found, "the head of the chain was changed") {
			t.Errorf("found %q", found)
		}
	}
}

func TestAnchorFileThatIsCutOffIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fill(t, 3)
	var file strings.Builder
	if err := b.WriteAnchors(t.Context(), &file); err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(file.String(), "\n")
	if _, err := b.Verify(t.Context(), strings.NewReader(first+"\n"), func(audit.Break) {}); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("%v", err)
	}
}
