package report

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// source is an address that sent as a domain.
type source struct {
	domain DomainID
	ip     netip.Addr
}

// sent is what the messages from an address show.
type sent struct {
	own   bool      // that it is the domain's own
	first time.Time // their first reported day
}

// sources are addresses with what they sent.
type sources map[source]sent

// add notes a row's address.
func (s sources) add(r *row) { s.note(source{r.report.domain, r.ip}, sent{r.own(), r.report.day}) }

// merge notes what other notes.
func (s sources) merge(other sources) {
	for k, more := range other {
		s.note(k, more)
	}
}

func (s sources) note(k source, more sent) {
	if had, ok := s[k]; ok {
		more.own = more.own || had.own
		if had.first.Before(more.first) {
			more.first = had.first
		}
	}
	s[k] = more
}

// chunks are the addresses as the arguments of statements, in the order in
// which every transaction writes them: any other order deadlocks.
func (s sources) chunks(org org.ID) iter.Seq[postgres.NamedArgs] {
	keys := slices.SortedFunc(maps.Keys(s), func(a, b source) int {
		return cmp.Or(bytes.Compare(a.domain[:], b.domain[:]), a.ip.Compare(b.ip))
	})
	return func(yield func(postgres.NamedArgs) bool) {
		for some := range slices.Chunk(keys, groupRows) {
			domains, ips := make([][16]byte, len(some)), make([]netip.Addr, len(some))
			own, first := make([]bool, len(some)), make([]time.Time, len(some))
			for i, k := range some {
				domains[i], ips[i], own[i], first[i] = [16]byte(k.domain), k.ip, s[k].own, s[k].first
			}
			if !yield(postgres.NamedArgs{"org": org, "domains": domains, "ips": ips, "own": own, "first": first}) {
				return
			}
		}
	}
}

// finish notes new addresses, together with what b has queued, and commits.
// The addresses of large reports go in several statements, so that they need
// not be in memory once more as columns.
func (g *group) finish(b *postgres.Batch) error {
	for args := range g.sources.chunks(g.org) {
		if len(g.sources) > groupRows {
			if err := send(g.ctx, g.tx, b, "store addresses"); err != nil {
				return err
			}
			b = &postgres.Batch{}
		}
		addSources(b, args)
	}
	postgres.QueueCommit(b)
	return send(g.ctx, g.tx, b, "finish storing")
}

// Tie is what passing mail of an address says of the sender that it is known
// as. Package sender decides it; the view sender_facts is its meaning.
type Tie string

// The ties.
const (
	TieSpeaks    Tie = ""          // the sender is the owner's
	TieOwner     Tie = "owner"     // nothing: by its name the sender is the owner's anyway
	TieStrangers Tie = "strangers" // nothing: addresses of anybody are known as the same
	TieRelay     Tie = "relay"     // nothing: the sender passes on mail of others
)

// addSources notes addresses and what they are known as: themselves, until
// their identity is found. One that is found to be the domain's own among
// strangers is to leave them. Most are known and nothing about them changes:
// they are left out before the insert, which would lock their rows to the
// commit and so make all writers of a domain wait for one another. The inner
// select is a scalar so that it is a look-up by key whatever the planner knows.
func addSources(b *postgres.Batch, args postgres.NamedArgs) {
	b.Queue(`
		WITH changed AS (
			INSERT INTO sources AS s (org_id, domain_id, source_ip, own, first_day, sender)
			SELECT @org, d, ip, o, f, host(ip) FROM unnest(@domains::uuid[], @ips::inet[], @own::boolean[], @first::date[]) AS u (d, ip, o, f)
			WHERE coalesce((SELECT u.o AND NOT k.own OR u.f < k.first_day FROM sources k
			      WHERE k.org_id = @org AND k.domain_id = u.d AND k.source_ip = u.ip), true)
			ON CONFLICT (org_id, domain_id, source_ip) DO UPDATE SET own = s.own OR excluded.own, first_day = least(s.first_day, excluded.first_day),
				identified_at = CASE WHEN s.tie = 'strangers' AND excluded.own AND NOT s.own THEN NULL ELSE s.identified_at END
			RETURNING domain_id, sender, own AND tie = '' AS own)
		INSERT INTO senders AS s (org_id, domain_id, sender, own)
		SELECT @org, domain_id, sender, bool_or(own) FROM changed GROUP BY domain_id, sender ORDER BY domain_id, sender
		ON CONFLICT (org_id, domain_id, sender) DO UPDATE SET own = true WHERE excluded.own AND NOT s.own`, args)
}

// ownRows is the condition that messages show that their address is the
// domain's own, as row.own has it, unless nobody vouches for their report.
const ownRows = `t.messages > 0 AND (t.dkim = 1 OR t.spf = 1) AND t.forwarding = 0`

// lose takes back that addresses of reports that are counted no more are a
// domain's own. That is judged by everything that is stored, so it waits until
// nothing is being stored. If it fails they stay the domain's own: mail of theirs
// that fails needs fixing rather than being unknown.
func (s *Service) lose(ctx context.Context, org org.ID, lost sources) {
	if len(lost) == 0 {
		return
	}
	err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		if err := domain.Await(ctx, tx, org); err != nil {
			return err
		}
		b := &postgres.Batch{}
		for args := range lost.chunks(org) {
			loseSources(b, args)
		}
		return send(ctx, tx, b, "take back addresses")
	})
	if err != nil {
		s.Log.ErrorContext(ctx, "addresses of reports that are counted no more are still the domain's own", "org", org, "error", err)
	}
}

// loseSources takes back that addresses, and what they are known as, are a
// domain's own where nothing shows it, whatever day they sent on, and has them
// identified anew. Everything is gone through once for all of them, by a plan
// that knows how many these are. Senders are judged once their rows are locked.
func loseSources(b *postgres.Batch, args postgres.NamedArgs) {
	b.Queue(`SET LOCAL plan_cache_mode = force_custom_plan`)
	b.Queue(`
		WITH still AS MATERIALIZED (
			SELECT DISTINCT r.domain_id, t.source_ip FROM records t JOIN reports r ON r.org_id = t.org_id AND r.report_id = t.report_id
			WHERE t.org_id = @org AND r.domain_id = ANY(@domains) AND t.source_ip = ANY(@ips) AND `+ownRows+` AND r.trust <> 2)
		UPDATE sources s SET own = false, identified_at = NULL FROM unnest(@domains::uuid[], @ips::inet[]) AS u (d, ip)
		WHERE s.org_id = @org AND s.domain_id = u.d AND s.source_ip = u.ip AND s.own
		      AND (u.d, u.ip) NOT IN (SELECT domain_id, source_ip FROM still)`, args)
	const touched = `SELECT k.domain_id, k.sender FROM senders k WHERE k.org_id = @org AND k.own AND (k.domain_id, k.sender) IN (
			SELECT s.domain_id, s.sender FROM unnest(@domains::uuid[], @ips::inet[]) AS u (d, ip)
			JOIN sources s ON s.org_id = @org AND s.domain_id = u.d AND s.source_ip = u.ip)`
	b.Queue(touched+` ORDER BY k.domain_id, k.sender FOR UPDATE`, args)
	b.Queue(`
		UPDATE senders k SET own = false FROM (`+touched+`) c
		CROSS JOIN LATERAL (SELECT f.own FROM sender_facts f WHERE f.org_id = @org AND f.domain_id = c.domain_id AND f.sender = c.sender) f
		WHERE k.org_id = @org AND k.domain_id = c.domain_id AND k.sender = c.sender AND NOT f.own`, args)
}

// sourcesOf are the addresses of a stored report.
func sourcesOf(ctx context.Context, tx postgres.Tx, org org.ID, r existing) (sources, error) {
	rows, err := tx.Query(ctx, `
		SELECT t.source_ip, bool_or(`+ownRows+` AND r.trust <> 2)
		FROM records t, (SELECT trust FROM reports WHERE org_id = @org AND report_id = @id) r
		WHERE t.org_id = @org AND t.day = @day AND t.report_id = @id GROUP BY t.source_ip`, r.args(org))
	if err != nil {
		return nil, fmt.Errorf("addresses of report: %w", err)
	}
	found := sources{}
	var ip netip.Addr
	var own bool
	_, err = pgx.ForEachRow(rows, []any{&ip, &own}, func() error {
		found[source{r.domain, ip}] = sent{own, r.day}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("addresses of report: %w", err)
	}
	return found, nil
}
