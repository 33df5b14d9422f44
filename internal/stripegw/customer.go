package stripegw

import (
	"context"
	"errors"
	"time"

	"github.com/stripe/stripe-go/v76"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// CreateCustomer returns the id of a new customer.
func (g *Gateway) CreateCustomer(ctx context.Context, attempt string, c billing.Customer) (string, error) {
	made, err := g.api.Customers.New(&stripe.CustomerParams{
		Params: once(ctx, attempt), Name: stripe.String(c.Name), Email: stripe.String(c.Email),
		Metadata: map[string]string{organization: c.Org.String()},
	})
	if err != nil {
		return "", failure("create a customer", err)
	}
	return made.ID, nil
}

// Customers calls back for every customer that belongs to an organization and
// was made since then; zero is ever. An account may have others, which are
// passed over.
func (g *Gateway) Customers(ctx context.Context, since time.Time, each func(billing.Customer) error) error {
	params := &stripe.CustomerListParams{ListParams: listing(ctx)}
	if !since.IsZero() {
		params.CreatedRange = &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}
	}
	it := g.api.Customers.List(params)
	for it.Next() {
		c := it.Customer()
		org, err := uid.Parse[postgres.Tenant](c.Metadata[organization])
		if err != nil {
			continue
		}
		if err := each(billing.Customer{ID: c.ID, Org: org, Name: c.Name, Email: c.Email}); err != nil {
			return err
		}
	}
	return failure("list customers", it.Err())
}

// Portal returns the address of a page where the customer changes cards and
// finds invoices.
func (g *Gateway) Portal(ctx context.Context, customer, back string) (string, error) {
	settings, err := g.portalSettings(ctx)
	if err != nil {
		return "", err
	}
	if settings == nil {
		return "", errors.New("stripe has no configuration of the portal: sendvery stripe setup makes it")
	}
	s, err := g.api.BillingPortalSessions.New(&stripe.BillingPortalSessionParams{
		Params: asking(ctx), Customer: stripe.String(customer), ReturnURL: stripe.String(back), Configuration: stripe.String(settings.ID),
	})
	if err != nil {
		return "", failure("open the portal", err)
	}
	return s.URL, nil
}

// portalSettings returns the configuration that setup made; nil without.
func (g *Gateway) portalSettings(ctx context.Context) (*stripe.BillingPortalConfiguration, error) {
	it := g.api.BillingPortalConfigurations.List(&stripe.BillingPortalConfigurationListParams{ListParams: listing(ctx), Active: stripe.Bool(true)})
	for it.Next() {
		if c := it.BillingPortalConfiguration(); c.Metadata[portalMark] != "" {
			return c, nil
		}
	}
	return nil, failure("list configurations of the portal", it.Err())
}

// Invoices lists the customer's last ones, the newest first.
func (g *Gateway) Invoices(ctx context.Context, customer string, n int) ([]billing.Invoice, error) {
	it := g.api.Invoices.List(&stripe.InvoiceListParams{
		ListParams: stripe.ListParams{Context: ctx, Limit: stripe.Int64(int64(min(n, page))), Single: true}, Customer: stripe.String(customer),
	})
	var list []billing.Invoice
	for it.Next() {
		i := it.Invoice()
		list = append(list, billing.Invoice{
			Number: i.Number, At: time.Unix(i.Created, 0), Cents: i.Total, Currency: string(i.Currency), Status: string(i.Status),
			URL: i.HostedInvoiceURL, PDF: i.InvoicePDF,
		})
	}
	err := failure("list invoices", it.Err())
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return list, err
}
