package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"sendvery.com/sendvery/internal/demo"
	"sendvery.com/sendvery/internal/dns"
	"sendvery.com/sendvery/internal/dns/dnsfake"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailbox/mailboxweb"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/netguard"
)

// demonstration starts the demonstration mail server and the DNS that names
// its senders, both on loopback and until the context ends, and returns what
// the program needs to offer them.
func demonstration(ctx context.Context, home string) (Parts, error) {
	told, err := demoState(home)
	if err != nil {
		return Parts{}, err
	}
	server, err := demo.Serve(ctx, demo.ServeConfig{
		Story: demo.Story{Start: told.Start, Seed: demo.Seed}, Now: time.Now(), Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(int(told.Port))),
	})
	if err != nil {
		return Parts{}, err
	}
	if told.Port != server.Port {
		told.Port = server.Port
		if err := saveDemoState(home, told); err != nil {
			return Parts{}, err
		}
	}
	zone, err := dnsfake.Serve(ctx, demo.Zone())
	if err != nil {
		return Parts{}, err
	}
	resolver, err := dns.New(dns.Config{Servers: []string{zone.Addr}})
	if err != nil {
		return Parts{}, err
	}
	return Parts{
		Roots:    server.Roots,
		Allow:    []netguard.Endpoint{{Host: server.Host, Port: server.Port}},
		Resolver: resolver,
		Demo: &mailboxweb.Demo{
			Preset: mailbox.Preset{
				Key: mailboxweb.DemoKey, Name: "Demonstration mailbox", Host: server.Host, Port: int(server.Port), Security: mailfetch.ImplicitTLS,
				Advice: fmt.Sprintf("A mail server on this machine with %d mails: three months of reports about three domains. Leave the password empty, it is known.", server.Mails),
			},
			Username: demo.Username, Password: demo.Password,
		},
	}, nil
}

// demoTold is what must stay the same from one start to the next, so that a
// connected demonstration mailbox goes on where it stopped.
type demoTold struct {
	Start time.Time `json:"start"`
	Port  uint16    `json:"port"`
}

func demoPath(home string) string { return filepath.Join(home, "demonstration.json") }

func demoState(home string) (demoTold, error) {
	var told demoTold
	content, err := os.ReadFile(demoPath(home))
	if errors.Is(err, fs.ErrNotExist) {
		told.Start = time.Now().UTC().AddDate(0, 0, -demo.Days)
		return told, nil
	}
	if err != nil {
		return told, err
	}
	if err := json.Unmarshal(content, &told); err != nil {
		return told, fmt.Errorf("%s: %w", demoPath(home), err)
	}
	return told, nil
}

func saveDemoState(home string, told demoTold) error {
	content, err := json.Marshal(told)
	if err != nil {
		return err
	}
	return os.WriteFile(demoPath(home), content, 0o600)
}
