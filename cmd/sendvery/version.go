package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"sendvery.com/sendvery/internal/app"
)

type versionCommand struct{}

// Run implements the command.
func (versionCommand) Run(p *process) error {
	fmt.Fprintln(p.stdout, "sendvery", app.Version())
	return nil
}

type healthcheckCommand struct {
	app.Config `embed:""`
}

// Run implements the command: containers call it to learn whether the server
// beside it is ready.
func (c *healthcheckCommand) Run(p *process) error {
	scheme := "http"
	if c.SpeaksTLS() {
		scheme = "https"
	}
	req, err := http.NewRequestWithContext(p.ctx, http.MethodGet, scheme+"://"+c.Listen+"/readyz", nil)
	if err != nil {
		return errors.New("LISTEN is not an address with a port, such as 127.0.0.1:8080")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		MinVersion: tls.VersionTLS13, ServerName: c.PublicName(),
		InsecureSkipVerify: true, //nolint:gosec // it asks the process beside it for nothing secret, and the certificate is for another address
	}}
	resp, err := (&http.Client{Timeout: 5 * time.Second, Transport: transport}).Do(req)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1024))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", body)
	}
	_, err = fmt.Fprint(p.stdout, string(body))
	return err
}
