package main

import (
	"errors"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/stripegw"
)

type stripeCommand struct {
	Setup stripeSetupCommand `cmd:"" help:"Make what is missing at Stripe: products, prices, the customer portal, the webhook end point. Done again it changes nothing."`

	Replay    replayCommand    `cmd:"" help:"Follow events once more, from what was delivered or else from Stripe."`
	Reconcile reconcileCommand `cmd:"" help:"Compare every organization with Stripe, and repair what differs."`
}

type stripeSetupCommand struct {
	app.Config `embed:""`
	DryRun     bool `help:"Only say what would be done."`
	Live       bool `help:"Do it with a live key, where payments are real."`
}

func (c *stripeSetupCommand) problems() error { return c.CheckStripe() }

// Run implements the command.
func (c *stripeSetupCommand) Run(p *process) error {
	gateway := c.Stripe.Gateway(time.Now)
	if gateway.Live() && !c.Live {
		return errors.New("STRIPE_SECRET_KEY is a live key, with which payments are real: try a test key first, or say --live")
	}
	s := stripegw.Setup{DryRun: c.DryRun, Say: func(line string) { fmt.Fprintln(p.stdout, line) }}
	address, reached := c.Webhook()
	if reached {
		s.Webhook = address
	}
	if err := gateway.Setup(p.ctx, s); err != nil {
		return err
	}
	if !reached {
		fmt.Fprintln(p.stdout, "webhook end point: none, for Stripe cannot reach "+c.PublicURL+
			". Its program forwards deliveries: stripe listen --forward-to "+address+", and tells the secret for STRIPE_WEBHOOK_SECRETS.")
	}
	return nil
}
