package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestEveryRouteOfPlansIsForOwners(t *testing.T) {
	t.Parallel()
	a, _ := selling(t)
	ada, bob, nobody := a.SignIn(t, "ada@first.example"), a.SignIn(t, "bob@second.example"), a.Browser(t)
	slug := strings.Split(ada.Home, "/")[2]
	viewer, member, admin := join(t, a, slug, "viewer"), join(t, a, slug, "member"), join(t, a, slug, "admin")
	seen := 0
	for _, r := range routes(t, a) {
		if needsOfPlans[r.String()] != "owner" {
			continue
		}
		seen++
		path, form := r.fill(slug, world{}), url.Values{"plan": {"pro"}, "interval": {"month"}, "at": {"1"}, "due": {"1"}}
		if r.method == http.MethodGet {
			path, form = path+"?"+form.Encode(), nil
		}
		if p := nobody.Do(t, r.method, path, form); p.Status != http.StatusUnauthorized && !strings.HasPrefix(p.Location, "/signin?next=") {
			t.Errorf("%s without a session: %d", r, p.Status)
		}
		if p := bob.Do(t, r.method, path, form); p.Status != http.StatusNotFound {
			t.Errorf("%s of another organization: %d", r, p.Status)
		}
		for role, status := range map[string]int{"viewer": viewer.Do(t, r.method, path, form).Status, "member": member.Do(t, r.method, path, form).Status, "admin": admin.Do(t, r.method, path, form).Status} {
			if status != http.StatusForbidden {
				t.Errorf("%s as %s: %d", r, role, status)
			}
		}
		if p := ada.Do(t, r.method, path, form); p.Status >= 500 || p.Status == 401 || p.Status == 403 || p.Status == 404 {
			t.Errorf("%s as owner: %d, want an answer", r, p.Status)
		}
	}
	if seen < 9 {
		t.Errorf("only %d routes were tried", seen)
	}
}
