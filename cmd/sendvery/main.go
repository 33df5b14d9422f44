// Command sendvery reads DMARC reports and shows who sends mail as a domain.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/plaintext"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		for line := range strings.Lines("sendvery: " + err.Error()) {
			fmt.Fprintln(os.Stderr, plaintext.String(line)) // it may name a file that somebody else named
		}
		stop()
		os.Exit(1)
	}
}

// commands is the command line.
type commands struct {
	Serve       serveCommand       `cmd:"" help:"Serve pages and work in the background."`
	Dev         devCommand         `cmd:"" help:"Run everything on this machine, with a demonstration mailbox."`
	Migrate     migrateCommand     `cmd:"" help:"Bring the database to this version's schema."`
	DB          dbCommand          `cmd:"" name:"db" help:"Prepare a database server."`
	Import      importCommand      `cmd:"" help:"Import report files into an organization."`
	Reparse     reparseCommand     `cmd:"" help:"Read kept originals again, as after an upgrade."`
	Demo        demoCommand        `cmd:"" help:"Fill a database with made-up organizations and reports."`
	Rollup      rollupCommand      `cmd:"" help:"Make the sums that pages show anew."`
	Check       checkCommand       `cmd:"" help:"Compare sums, totals and senders with the records they stand for."`
	Parse       parseCommand       `cmd:"" help:"Read report files and print a line of JSON per report; needs no database."`
	Audit       auditCommand       `cmd:"" help:"Prove that the audit trail is as it was written."`
	Keys        keysCommand        `cmd:"" help:"Make and rotate the keys that stored values are sealed with."`
	Stripe      stripeCommand      `cmd:"" help:"Prepare an account at Stripe, which people pay through."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask a running server whether it is ready."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

// process is what every command gets of its surroundings.
type process struct {
	ctx            context.Context
	getenv         func(string) string
	stdout, stderr io.Writer
	log            *slog.Logger
}

// run is the whole program with its surroundings passed in.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	var cli commands
	environment := &app.Environment{Getenv: getenv}
	exited := false
	parser, err := kong.New(&cli,
		kong.Name("sendvery"),
		kong.Description("Who sends mail as your domain? Sendvery reads your DMARC reports and tells."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { exited = true }),
		kong.Resolvers(environment),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if exited {
		return nil // help was asked for and printed
	}
	if err != nil {
		return errors.Join(environment.Err(), err)
	}
	// What cannot be read and what does not fit together: all of it at once.
	problems := environment.Err()
	if c, ok := command.Selected().Target.Addr().Interface().(interface{ problems() error }); ok {
		problems = errors.Join(problems, c.problems())
	}
	if problems != nil {
		return problems
	}
	level := slog.LevelInfo
	if c, ok := command.Selected().Target.Addr().Interface().(interface{ Level() slog.Level }); ok {
		level = c.Level()
	}
	p := &process{ctx: ctx, getenv: getenv, stdout: stdout, stderr: stderr}
	p.log = slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: level}))
	return command.Run(p)
}
