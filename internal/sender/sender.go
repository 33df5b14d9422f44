// Package sender says who sends as a domain. An address is not a sender: what
// is known of an address (its mail's signatures, its confirmed name, its
// network) makes it part of one, and people judge the sender.
//
// The work is done off the path of reports: facts of addresses are looked up
// and shared by all organizations, then each organization's addresses are
// identified anew (lookup.go, apply.go).
package sender

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/netowner"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/provider"
	"sendvery.com/sendvery/internal/report"
)

// Names looks up the name of an address, confirmed by a look-up back: a name
// that anybody could claim is none. "" means that there is none; an error that
// it is not known just now.
type Names interface {
	ConfirmedName(ctx context.Context, ip netip.Addr) (string, error)
}

// Networks looks up whose network an address is in. The zero Network means
// that nobody knows; an error that it is not known just now.
type Networks interface {
	Network(ctx context.Context, ip netip.Addr) (netowner.Network, error)
}

// Service identifies senders and keeps what people think of them.
type Service struct {
	DB       *postgres.DB
	Trail    *audit.Trail
	Names    Names    // nil: names are not looked up
	Networks Networks // nil: networks are not looked up
	Log      *slog.Logger
	Now      func() time.Time
}

// Parts of keys: networkPrefix stands before the number of a network,
// passingSuffix behind what strangers are known as too, of the addresses there
// that sent passing mail of the domain.
const (
	networkPrefix = "AS"
	passingSuffix = "/passing"
)

// Provider is who of the catalogue the sender of a key is.
func Provider(key string) (provider.Provider, bool) {
	return provider.ByID(strings.TrimSuffix(key, passingSuffix))
}

// Name is how people call the sender of a key. Two senders have the same where
// strangers are known as the same; see SeenPassing and FullName.
func Name(key string) string {
	key = strings.TrimSuffix(key, passingSuffix)
	if p, ok := Provider(key); ok {
		return p.Name
	}
	if number, ok := strings.CutPrefix(key, networkPrefix); ok {
		return "Network AS" + number
	}
	return key
}

// SeenPassing reports whether a key stands for those addresses of what strangers
// are known as too that sent passing mail of the domain.
func SeenPassing(key string) bool { return strings.HasSuffix(key, passingSuffix) }

// FullName is Name that tells the two apart, for where nothing else does.
func FullName(key string) string {
	if SeenPassing(key) {
		return Name(key) + " (seen passing)"
	}
	return Name(key)
}

// Identity is who an address is taken for, and what shows it. It is stored
// beside the address as JSON, without its key.
type Identity struct {
	// Key is what the address is known as: a provider of the catalogue, a host
	// of the domain's own, an organizational domain, AS and a number, or the
	// address itself. Where addresses of strangers are known as the same, those
	// that sent passing mail of the domain are a sender of their own.
	Key       string     `json:"-"`
	Tie       report.Tie `json:"-"`
	Basis     Basis      `json:"basis"`
	Catalogue string     `json:"catalogue"` // version that it was compared with

	// What is known besides what Basis stands on too; empty what is not.
	Host     string    `json:"host,omitempty"`     // confirmed name
	Signer   fqdn.Name `json:"signer,omitempty"`   // of signatures that count, a provider's
	Envelope fqdn.Name `json:"envelope,omitempty"` // that SPF passes for, a provider's
	ASN      uint32    `json:"asn,omitempty"`      // number of its network
	Network  string    `json:"network,omitempty"`  // owner of its network
}

// Basis is the rung of the ladder that an identity stands on.
type Basis string

// The rungs, from the strongest.
const (
	Judged      Basis = "judged"    // a person said of the address itself whose it is
	OwnHost     Basis = "own-host"  // its confirmed name lies within the domain
	Relay       Basis = "relay"     // its confirmed name is of who passes mail of others on
	Signed      Basis = "signature" // a provider signs its mail
	KnownHost   Basis = "host"      // its confirmed name is a provider's
	ByEnvelope  Basis = "envelope"  // SPF passes for a provider's envelope domain
	OtherHost   Basis = "name"      // it has a confirmed name
	InNetwork   Basis = "network"   // its network is known
	JustAddress Basis = "address"   // nothing is
)

// Confidence says how sure an identity is: "high", "medium" or "low".
func (i Identity) Confidence() string {
	if p, _ := Provider(i.Key); p.Kind == provider.Hosting {
		return "medium" // anybody may send from there
	}
	switch i.Basis {
	case Judged, OwnHost, Relay, Signed, KnownHost:
		return "high"
	case ByEnvelope, OtherHost:
		return "medium"
	}
	return "low"
}

// Sentence says what an identity stands on, about "the address".
func (i Identity) Sentence() string {
	name := Name(strings.TrimSuffix(i.Key, passingSuffix))
	switch i.Basis {
	case Judged:
		return "You said whose this address is, so it stays a sender of its own."
	case OwnHost:
		return fmt.Sprintf("Its name %s lies within your domain and leads back to it.", i.Host)
	case Relay:
		return fmt.Sprintf("Its name %s leads back to it and belongs to %s, which passes on mail of others.", i.Host, name)
	case Signed:
		return fmt.Sprintf("Its mail is signed with %s, which belongs to %s, and was not passed on.", i.Signer, name)
	case KnownHost:
		return fmt.Sprintf("Its name %s leads back to it and belongs to %s.", i.Host, name)
	case ByEnvelope:
		return fmt.Sprintf("SPF passes for its envelope domain %s, which belongs to %s.", i.Envelope, name)
	case OtherHost:
		return fmt.Sprintf("Its name %s leads back to it.", i.Host)
	case InNetwork:
		if i.Network != "" {
			return fmt.Sprintf("It is in the network AS%d of %s. Nothing else is known of it.", i.ASN, i.Network)
		}
		return fmt.Sprintf("It is in the network AS%d. Nothing else is known of it.", i.ASN)
	}
	return "Nothing is known of it."
}
