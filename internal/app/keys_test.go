package app_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/keyring"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/seal"
)

func TestRotationThatWasStoppedIsFinishedByTheRunningProgram(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@first.example")
	connect(t, b, strings.Split(b.Home, "/")[2])
	a.StopWorker() // it has not got the new key
	cfg := a.Cfg
	cfg.SealKeys = seal.GenerateKey("second") + "," + cfg.SealKeys
	again, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler), app.Parts{Outbox: mailer.NewOutbox(time.Now, nil)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Close)
	ctx, stop := context.WithCancel(t.Context())
	if err := again.RotateKeys(ctx, func(keyring.Run) { stop() }); err == nil {
		t.Fatal("it was not stopped")
	}
	status := func() app.KeyStatus {
		t.Helper()
		s, err := again.KeyStatus(t.Context())
		if err != nil || len(s.Rotations) != 1 {
			t.Fatalf("%+v, %v", s, err)
		}
		return s
	}
	if s := status(); s.Rotations[0].FinishedAt != nil || s.Rotations[0].Total != 1 || s.Sealing[0].Values != 0 || s.Sealing[1].Values != 1 {
		t.Errorf("stopped: %+v", s)
	}
	running(t, again, app.RoleWorker)
	deadline, tick := time.After(20*time.Second), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for s := status(); s.Rotations[0].FinishedAt == nil; s = status() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the program does not go on with it: %+v", s)
		}
	}
	if s := status(); s.Rotations[0].Done != 1 || s.Sealing[0].Values != 1 || s.Sealing[1].Values != 0 {
		t.Errorf("finished: %+v", s)
	}
}
