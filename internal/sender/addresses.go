package sender

import (
	"context"
	"net/netip"
	"strconv"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Address is one address of a sender with what is known about it.
type Address struct {
	IP       netip.Addr
	Host     string // confirmed name; "" = none
	ASN      int64  // number of its network; 0 = not known
	Owner    string // of the network; "" = not known
	Country  string // two letters; "" = not known
	Identity Identity
}

// Network is what is known about the address's network in a line.
func (a Address) Network() string {
	words := a.Country
	if a.Owner != "" && words != "" {
		words = a.Owner + ", " + words
	} else if a.Owner != "" {
		words = a.Owner
	}
	if a.ASN != 0 {
		words = "AS" + strconv.FormatInt(a.ASN, 10) + " " + words
	}
	return words
}

// Addresses returns up to n addresses of a sender of a domain, and how many
// there are.
func (s *Service) Addresses(ctx context.Context, org org.ID, d domain.ID, key string, n int) (list []Address, total int, err error) {
	err = s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		list, total, err = addresses(ctx, tx, org, d, key, n)
		for i := range list {
			list[i].Identity.Key = key
		}
		return err
	})
	return list, total, err
}
