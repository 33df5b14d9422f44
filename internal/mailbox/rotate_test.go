package mailbox_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailtest"
)

// answered is a transport that does something once, when the provider has
// answered and before we know it.
type answered struct {
	http.RoundTripper
	do func()
}

// RoundTrip implements http.RoundTripper.
func (a *answered) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := a.RoundTripper.RoundTrip(r)
	if do := a.do; do != nil {
		a.do = nil // it may ask the provider itself
		do()
	}
	return resp, err
}

// duringRefresh does something while the next access token is asked for.
func (g *granting) duringRefresh(do func()) {
	client := g.Grants[google].HTTP
	client.Transport = &answered{client.Transport, do}
}

// rotating is a mailbox that is read, with a slice, at a provider that voids
// the old refresh token with each new one.
func rotating(t *testing.T) (*granting, mailbox.ID, mailbox.Slice) {
	t.Helper()
	g := newGranting(t, mailtest.OAuthOptions{Rotate: true, Lifetime: time.Millisecond})
	id := g.granted(t)
	g.admin(t, `UPDATE mailboxes SET state = 'polling'`)
	g.admin(t, `INSERT INTO mailbox_runs (org_id, mailbox_id, kind, state, started_at, updated_at) VALUES ($1, $2, 'import', 'done', now(), now())`, g.org.ID, id)
	return g, id, g.take()[0]
}

// sameSettings are those that the mailbox has, without a password.
func (g *granting) sameSettings(t *testing.T, id mailbox.ID) mailbox.Settings {
	t.Helper()
	m := g.get(t, id)
	return mailbox.Settings{Protocol: m.Protocol, Host: m.Host, Port: m.Port, Security: m.Security, Username: m.Username,
		Folder: m.Folder, AfterImport: m.AfterImport}
}

func TestRotatedRefreshTokenOutlivesTheLeaseOfItsSlice(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(*granting, mailbox.Settings, mailbox.ID) error{
		"paused": func(g *granting, _ mailbox.Settings, id mailbox.ID) error {
			return g.Pause(context.Background(), g.org, id)
		},
		"read again": func(g *granting, _ mailbox.Settings, id mailbox.ID) error {
			return g.ReadAgain(context.Background(), g.org, id, 0)
		},
		"edited": func(g *granting, same mailbox.Settings, id mailbox.ID) error {
			return g.Retest(context.Background(), g.org, id, same)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, id, j := rotating(t)
			same := g.sameSettings(t, id)
			g.duringRefresh(func() {
				if err := take(g, same, id); err != nil {
					t.Error(err)
				}
			})
			for range 2 { // the second time with what the first one stored
				if _, token, err := g.TokenOf(t.Context(), j); err != nil || token == "" {
					t.Errorf("%q, %v", token, err)
				}
			}
		})
	}
}

// A slice that had loaded the refresh token before another one replaced it goes
// on with the new one.
func TestSliceWithTheFormerRefreshTokenTakesTheNewOne(t *testing.T) {
	t.Parallel()
	g, _, j := rotating(t)
	former, err := g.SecretOf(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.TokenOf(t.Context(), j); err != nil { // replaces it
		t.Fatal(err)
	}
	if now, err := g.SecretOf(t.Context(), j); err != nil || now == former {
		t.Fatalf("the refresh token was not replaced: %v", err)
	}
	if token, err := g.TokenBy(t.Context(), j, former); err != nil || token == "" {
		t.Errorf("%q, %v", token, err)
	}
}

func TestRotatedRefreshTokenThatNobodyNeedsIsGivenBack(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(*granting, mailbox.Settings, mailbox.ID) error{
		"deleted": func(g *granting, _ mailbox.Settings, id mailbox.ID) error {
			return g.Delete(context.Background(), g.org, id)
		},
		"switched to a password": func(g *granting, _ mailbox.Settings, id mailbox.ID) error {
			return g.Retest(context.Background(), g.org, id, g.settings())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, id, j := rotating(t)
			same := g.sameSettings(t, id)
			g.duringRefresh(func() {
				if err := take(g, same, id); err != nil {
					t.Error(err)
				}
			})
			if _, token, err := g.TokenOf(t.Context(), j); err == nil || token != "" {
				t.Errorf("%q, %v", token, err)
			}
			if n := g.oauth.Grants(); n != 0 {
				t.Errorf("%d refresh tokens are still good", n)
			}
			if password, _, err := g.TokenOf(t.Context(), j); name != "deleted" && (password != mailtest.Password || err != nil) {
				t.Error("the password was replaced: ", err)
			}
		})
	}
}

func TestRotatedRefreshTokenIsStoredOnceTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	g, _, j := rotating(t)
	g.admin(t, `
		CREATE SEQUENCE tries;
		CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
			IF nextval('public.tries') < 3 THEN RAISE EXCEPTION 'starting up' USING ERRCODE = '57P03'; END IF;
			RETURN NEW;
		END $$;
		CREATE TRIGGER away BEFORE UPDATE OF secret ON mailboxes FOR EACH ROW EXECUTE FUNCTION away()`)
	for range 2 {
		if _, token, err := g.TokenOf(t.Context(), j); err != nil || token == "" {
			t.Errorf("%q, %v", token, err)
		}
	}
}
