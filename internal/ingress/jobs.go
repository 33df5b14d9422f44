package ingress

import (
	"context"
	"net/http"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
)

// job is a regular job as a scheduler sees it.
type job struct {
	Kind  string `json:"kind"`
	Every string `json:"every"` // such as 24h0m0s
}

// ListJobs lists the regular jobs.
func (h *Web) ListJobs(w http.ResponseWriter, _ *http.Request) error {
	jobs := []job{}
	for _, s := range h.Scheduled {
		jobs = append(jobs, job{s.Args.Kind(), s.Every.String()})
	}
	return httpio.JSON(w, http.StatusOK, map[string][]job{"jobs": jobs})
}

// StartJob has a regular job done now. While one that was started like this
// waits or runs, that is the one.
func (h *Web) StartJob(w http.ResponseWriter, r *http.Request) error {
	for _, s := range h.Scheduled {
		if s.Args.Kind() != r.PathValue("kind") {
			continue
		}
		err := h.DB.InTx(r.Context(), func(ctx context.Context, tx postgres.Tx) error {
			return h.Queue.Enqueue(ctx, tx, s.Args, work.Once())
		})
		if err != nil {
			return err
		}
		return httpio.JSON(w, http.StatusAccepted, job{s.Args.Kind(), s.Every.String()})
	}
	return fault.New(fault.NotFound, "There is no regular job of that kind.")
}
