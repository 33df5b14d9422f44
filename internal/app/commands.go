package app

import (
	"context"
	"fmt"
	"io"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
)

// Import stores report files in the organization that a slug names.
func (a *App) Import(ctx context.Context, slug string, files []report.File) (report.Imported, error) {
	o, err := a.orgs.BySlug(ctx, slug)
	if err != nil {
		return nil, err
	}
	return a.reports.Import(ctx, o.ID, files)
}

// Reparse reads kept originals again, of the organization that a slug names or
// of all, and counts what became of them.
func (a *App) Reparse(ctx context.Context, slug string, q report.Originals) (map[report.Turn]int, error) {
	chosen, err := a.chosen(ctx, slug)
	if err != nil {
		return nil, err
	}
	total := map[report.Turn]int{}
	for _, o := range chosen {
		counts, err := a.reports.Reparse(ctx, o.ID, q)
		for turn, n := range counts {
			total[turn] += n
		}
		if err != nil {
			return total, fmt.Errorf("%s: %w", o.Slug, err)
		}
	}
	return total, nil
}

// chosen are the organizations that a slug names: one, or all without one.
func (a *App) chosen(ctx context.Context, slug string) ([]org.Organization, error) {
	if slug == "" {
		return a.orgs.All(ctx)
	}
	o, err := a.orgs.BySlug(ctx, slug)
	return []org.Organization{o}, err
}

// Rebuild makes the sums of days anew of the organization that a slug names, or
// of all, and tells how far it is.
func (a *App) Rebuild(ctx context.Context, slug string, progress func(o org.Organization, done, of int)) error {
	chosen, err := a.chosen(ctx, slug)
	for _, o := range chosen {
		if err != nil {
			break
		}
		if err = a.reports.Rebuild(ctx, o.ID, func(done, of int) { progress(o, done, of) }); err != nil {
			err = fmt.Errorf("%s: %w", o.Slug, err)
		}
	}
	return err
}

// CheckSums compares what is kept beside records with them, in every
// organization, tells found of each difference, and counts the days of domains
// that were compared.
func (a *App) CheckSums(ctx context.Context, found func(org.Organization, report.Difference)) (days int, err error) {
	all, err := a.orgs.All(ctx)
	for _, o := range all {
		if err != nil {
			break
		}
		var n int
		n, err = a.reports.Check(ctx, o.ID, func(d report.Difference) { found(o, d) })
		days += n
	}
	return days, err
}

// WriteAnchors writes the signed end of every chain of the audit trail.
func (a *App) WriteAnchors(ctx context.Context, w io.Writer) error {
	return a.trail.WriteAnchors(ctx, w)
}

// VerifyTrail goes along every chain of the audit trail and tells found of the
// first place in each that is not as it was written; anchors may be nil.
func (a *App) VerifyTrail(ctx context.Context, anchors io.Reader, found func(audit.Break)) (audit.Verified, error) {
	return a.trail.Verify(ctx, anchors, found)
}
