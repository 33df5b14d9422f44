package archtest

// floor is how high a package stands. A package imports its own floor (slice
// cores: only along order) and the floors below it.
type floor int

const (
	data      floor = iota // embedded files, no logic
	ground                 // pure: no network, files, SQL, clock, logger
	machinery              // one outside technology each, no product nouns
	core                   // a slice's types, rules, use cases and SQL
	look                   // what the pages of all slices share
	pages                  // a slice's pages; never those of another slice
	roof                   // configuration, wiring, routes, jobs
	command                // the command line

	development // imported by the roof and by tests only
	support     // imported by tests only
	tool        // a program for developers, imported by nobody
)

// house is the drawing: every package and its floor.
var house = map[string]floor{
	"migrations": data,

	"internal/arf":       ground,
	"internal/authres":   ground,
	"internal/dmarc":     ground,
	"internal/dmarcrpt":  ground,
	"internal/fault":     ground,
	"internal/finding":   ground,
	"internal/fqdn":      ground,
	"internal/mailaddr":  ground,
	"internal/mimepart":  ground,
	"internal/plaintext": ground,
	"internal/provider":  ground,
	"internal/reading":   ground,
	"internal/tlsrpt":    ground,
	"internal/uid":       ground,

	"internal/certs":            machinery,
	"internal/dns":              machinery,
	"internal/httpio":           machinery,
	"internal/limit":            machinery,
	"internal/mailauth":         machinery,
	"internal/mailer":           machinery,
	"internal/mailfetch":        machinery,
	"internal/netguard":         machinery,
	"internal/netowner":         machinery,
	"internal/oauth":            machinery,
	"internal/pdf":              machinery,
	"internal/postgres":         machinery,
	"internal/postgres/cluster": machinery,
	"internal/seal":             machinery,
	"internal/spool":            machinery,
	"internal/work":             machinery,

	"internal/audit":         core,
	"internal/auth":          core,
	"internal/billing":       core,
	"internal/domain":        core,
	"internal/export":        core,
	"internal/failurereport": core,
	"internal/instance":      core,
	"internal/keyring":       core,
	"internal/mailbox":       core,
	"internal/org":           core,
	"internal/report":        core,
	"internal/sender":        core,
	"internal/stripegw":      core,
	"internal/tlsreport":     core,

	"web":        look,
	"web/format": look,
	"web/mail":   look,
	"web/ui":     look,

	"internal/audit/auditweb":           pages,
	"internal/auth/authweb":             pages,
	"internal/billing/billingweb":       pages,
	"internal/export/exportweb":         pages,
	"internal/failurereport/failureweb": pages,
	"internal/ingress":                  pages,
	"internal/instance/instanceweb":     pages,
	"internal/mailbox/mailboxweb":       pages,
	"internal/org/orgweb":               pages,
	"internal/report/reportweb":         pages,
	"internal/site/siteweb":             pages,
	"internal/tlsreport/tlsweb":         pages,

	"internal/app": roof,
	"cmd/sendvery": command,

	"internal/crowd":       development,
	"internal/demo":        development,
	"internal/dns/dnsfake": development,

	"internal/apptest":    support,
	"internal/archtest":   support,
	"internal/bench":      support,
	"internal/built":      support,
	"internal/dbtest":     support,
	"internal/journey":    support,
	"internal/mailtest":   support,
	"internal/redistest":  support,
	"internal/reporttest": support,
	"internal/soak":       support,
	"internal/stripetest": support,

	"internal/postgres/cluster/fetch": tool,
}

// order is who may import whom among the slice cores: only those in an earlier
// line. Against it, the lower slice declares an interface and the roof plugs
// the upper one in. Audit stands below org because every change to an
// organization is recorded, in its own transaction.
var order = [][]string{
	{"internal/audit", "internal/instance"},
	{"internal/billing"},
	{"internal/org", "internal/stripegw"},
	{"internal/auth", "internal/domain", "internal/export", "internal/keyring"},
	{"internal/mailbox"},
	{"internal/failurereport", "internal/tlsreport"},
	{"internal/report"},
	{"internal/sender"},
}

// technologies says where each outside module may appear: a package, or a
// pattern of files in any package. A module that is not listed may not appear.
// Tests may use any of them.
var technologies = map[string][]string{
	"github.com/a-h/templ":                    {"web/ui", "web/mail", "internal/*/*web", "internal/app"},
	"codeberg.org/go-fonts/liberation":        {"internal/pdf"},
	"github.com/alecthomas/kong":              {"cmd/sendvery", "internal/app"},
	"github.com/emersion/go-imap/v2":          {"internal/mailfetch", "internal/mailtest", "internal/demo"},
	"github.com/emersion/go-message":          {"internal/mimepart", "internal/dmarcrpt"},
	"github.com/emersion/go-sasl":             {"internal/mailfetch", "internal/mailtest"},
	"github.com/emersion/go-smtp":             {"internal/mailtest"},
	"github.com/go-analyze/charts":            {"internal/pdf"},
	"github.com/go-chi/chi/v5":                {"internal/app", "internal/*/*web", "internal/httpio"},
	"github.com/gofrs/flock":                  {"internal/postgres/cluster", "internal/dbtest", "internal/mailtest"},
	"github.com/google/uuid":                  {"internal/uid"},
	"github.com/emersion/go-msgauth":          {"internal/mailauth"},
	"github.com/jackc/pgx/v5":                 {"internal/postgres", "internal/postgres/cluster", "internal/work", "internal/dbtest", "internal/bench", "internal/*/store*.go"},
	"github.com/johnfercher/maroto/v2":        {"internal/pdf"},
	"github.com/klauspost/compress":           {"internal/mimepart", "internal/report", "internal/demo"},
	"github.com/oschwald/maxminddb-golang/v2": {"internal/netowner"},
	"github.com/miekg/dns":                    {"internal/dns", "internal/dns/dnsfake", "internal/demo"},
	"github.com/pressly/goose/v3":             {"internal/postgres"},
	"github.com/redis/go-redis/v9":            {"internal/limit"},
	"github.com/riverqueue/river":             {"internal/work"},
	"github.com/stripe/stripe-go/v76":         {"internal/stripegw"},
	"github.com/throttled/throttled/v2":       {"internal/limit"},
	"github.com/wneessen/go-mail":             {"internal/mailer"},
	"golang.org/x/crypto":                     {"internal/seal", "internal/certs"},
	"golang.org/x/oauth2":                     {"internal/oauth"},
	"golang.org/x/net/idna":                   {"internal/fqdn"},
	"golang.org/x/net/publicsuffix":           {"internal/fqdn"},
	"golang.org/x/text":                       {"internal/dmarcrpt", "internal/mimepart"},
	"github.com/andybalholm/brotli":           {"internal/app"},
}

// impure are the parts of the standard library that the ground does without,
// with all that is below them in name.
var impure = []string{"crypto/rand", "database/sql", "log", "math/rand", "net", "os", "plugin", "syscall"}

// pure are exceptions: they only parse, or only name an interface.
var pure = map[string]bool{
	"net/netip":           true,
	"net/url":             true,
	"net/textproto":       true,
	"database/sql/driver": true, // an id tells the driver how it is stored
	"net/mail":            true,
}

// systemCallers are the files that may work across all tenants with
// DB.InSystem; each call is a place where the policies do not protect.
var systemCallers = map[string]string{
	"internal/billing/deliver.go":      "finds whose customer an event is about",
	"internal/billing/grace.go":        "finds the organizations whose grace or missing payment is due; each is read in its organization",
	"internal/export/export.go":        "forgets exports when their time is over",
	"internal/audit/anchor.go":         "reads the ends of all chains and keeps their anchors",
	"internal/audit/verify.go":         "goes along every chain, whoever it belongs to",
	"internal/failurereport/expire.go": "removes failure reports when their time is over",
	"internal/instance/instance.go":    "counts what organizations have, for the operator's page",
	"internal/keyring/keyring.go":      "lists the values that a new key must seal; each is written in its organization",
	"internal/mailbox/forget.go":       "removes settings that never passed their test",
	"internal/mailbox/lease.go":        "finds mailboxes that are due, whoever owns them",
	"internal/mailbox/revoke.go":       "asks whether another mailbox lives by what an account granted",
	"internal/org/delete.go":           "erases organizations whose time to come back is over",
	"internal/org/depart.go":           "closes organizations that nobody belongs to, and forgets the address of who is erased",
	"internal/org/org.go":              "finds the organization that the operator's command names",
	"internal/report/authenticate.go":  "finds the organizations with mails whose sender's key was not to be had",
	"internal/report/daily.go":         "finds the organizations with days to add up",
	"internal/report/retention.go":     "finds whose reports are beyond what a plan keeps; each is removed in its organization",
	"internal/report/expire.go":        "removes the originals of refused mails when their time is over",
	"internal/report/release_plan.go":  "finds whose reports are held for a plan; each is released in its organization",
	"internal/sender/apply.go":         "finds the addresses to identify, whoever has mail from them; each is identified in its organization",
	"internal/sender/lookup.go":        "keeps the shared facts of addresses",
}

// imapLosses are calls of the IMAP client that lose mail: Move without the
// server's MOVE deletes what it could not copy, Expunge removes what others
// have marked. The file beside a call asks the server for MOVE first.
var imapLosses = map[string]string{
	"Move":    "internal/mailfetch/imapfinish.go",
	"Expunge": "",
}
