package mailbox_test

import (
	"testing"
	"time"

	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailtest"
)

func TestForgottenDraftGivesItsGrantBack(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	g.granted(t)
	g.advance(25 * time.Hour)
	if err := g.ForgetDrafts(t.Context(), mailbox.ForgetDrafts{}); err != nil || g.mailboxes(t) != 0 || g.oauth.Grants() != 0 {
		t.Errorf("%d mailboxes, %d grants, %v", g.mailboxes(t), g.oauth.Grants(), err)
	}
}

func TestDraftThatIsConnectedMeanwhileIsKept(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	g.connect(t, g.settings())
	g.connect(t, g.settings())
	g.admin(t, `
		CREATE FUNCTION connect() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
			UPDATE public.mailboxes SET state = 'polling';
			RETURN NULL;
		END $$;
		CREATE TRIGGER connect AFTER DELETE ON mailboxes FOR EACH ROW EXECUTE FUNCTION connect()`)
	g.advance(25 * time.Hour)
	if err := g.ForgetDrafts(t.Context(), mailbox.ForgetDrafts{}); err != nil || g.mailboxes(t) != 1 {
		t.Errorf("%d mailboxes are left, want the one that was connected: %v", g.mailboxes(t), err)
	}
}

func TestSwitchToAPasswordGivesTheGrantBack(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	id := g.granted(t)
	if err := g.Retest(t.Context(), g.org, id, g.settings()); err != nil || g.oauth.Grants() != 0 {
		t.Errorf("%d grants, %v", g.oauth.Grants(), err)
	}
	if n := one[int](t, g.bench, `SELECT count(*) FROM audit_events WHERE action = 'mailbox.grant-returned' AND subject = $1 AND detail->>'provider' = 'google'`, id.String()); n != 1 {
		t.Errorf("%d audit events", n)
	}
}
