package app

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"sendvery.com/sendvery/internal/certs"
)

// door is an address that the process answers at.
type door struct {
	option   string // that names the address
	address  string
	server   *http.Server // with TLSConfig where it speaks TLS
	listener net.Listener
}

// doors lists where the process answers; web says whether it has pages.
func (a *App) doors(web bool) ([]*door, error) {
	handler := a.health()
	if web {
		handler = a.Handler()
	}
	doors := []*door{a.door("LISTEN", a.cfg.Listen, handler)}
	if at := a.cfg.ListenInbound; web && at != "" {
		doors = append(doors, a.door("LISTEN_INBOUND", at, a.inbound()))
	}
	if !a.cfg.SpeaksTLS() {
		return doors, nil
	}
	source, err := a.certificates()
	if err != nil {
		return nil, err
	}
	for _, d := range doors {
		d.server.TLSConfig = certs.Config(source)
	}
	if at := a.cfg.plainHTTP(); web && at != "" {
		doors = append(doors, a.door("LISTEN_HTTP", at, a.plain(source)))
	}
	return doors, nil
}

func (a *App) door(option, address string, handler http.Handler) *door {
	return &door{option: option, address: address, server: &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		// What the server would answer by itself, to OPTIONS *, lacks our headers.
		DisableGeneralOptionsHandler: true,

		ErrorLog: log.New(serverLog{a.log}, "", 0),
	}}
}

// open begins to listen at all doors, or at none.
func open(ctx context.Context, doors []*door) error {
	for _, d := range doors {
		var err error
		d.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", d.address)
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			err = fmt.Errorf("another program already listens on %s: stop it, or set %s and PUBLIC_URL to another port (%w)", d.address, d.option, err)
		case err != nil:
			err = fmt.Errorf("%s: %w", d.option, err)
		}
		if err != nil {
			return errors.Join(err, shut(doors))
		}
	}
	return nil
}

// shut stops listening where nothing is answered yet.
func shut(doors []*door) (err error) {
	for _, d := range doors {
		if d.listener != nil {
			err = errors.Join(err, d.listener.Close())
		}
	}
	return err
}

func addresses(doors []*door) map[string]string {
	at := map[string]string{}
	for _, d := range doors {
		at[d.option] = d.listener.Addr().String()
	}
	return at
}

// serve answers at all doors until the context ends, or one of them fails.
func serve(ctx context.Context, doors []*door) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for _, d := range doors {
		all.Go(func() {
			if err := d.serve(ctx); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// serve answers at one door until the context ends.
func (d *door) serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() {
		if d.server.TLSConfig != nil {
			failed <- d.server.ServeTLS(d.listener, "", "")
		} else {
			failed <- d.server.Serve(d.listener)
		}
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("%s: serve: %w", d.option, err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := d.server.Shutdown(stop); err != nil {
		return d.server.Close()
	}
	return nil
}

// serverLog takes what the HTTP server itself says, which names the addresses
// of clients. That somebody's handshake or greeting failed is no news: scanners
// do so all day.
type serverLog struct{ log *slog.Logger }

var anAddress = regexp.MustCompile(`(\[[0-9a-fA-F:.%\w]+\]|\d{1,3}(\.\d{1,3}){3}):\d+`)

func (l serverLog) Write(line []byte) (int, error) {
	said := anAddress.ReplaceAllString(strings.TrimSpace(string(line)), "(an address)")
	if strings.Contains(said, "TLS handshake error") || strings.Contains(said, "error reading preface") {
		l.log.Debug("connection refused", "error", said)
	} else {
		l.log.Warn("http server", "error", said)
	}
	return len(line), nil
}
