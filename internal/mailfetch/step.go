package mailfetch

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// StepName names a step of opening a mailbox, in the order they happen.
type StepName string

// The steps. StepRead is everything after opening; Open does not report it.
const (
	StepResolve StepName = "resolve"
	StepConnect StepName = "connect"
	StepTLS     StepName = "tls"
	StepSignIn  StepName = "sign-in"
	StepFolder  StepName = "folder"
	StepCount   StepName = "count"
	StepRead    StepName = "read"
)

// StepState is where a step stands.
type StepState string

// The states of a step.
const (
	Running StepState = "running"
	Done    StepState = "ok"
	Failed  StepState = "failed"
)

// Step is one line of a connection test, reported when it begins and when it
// ends.
type Step struct {
	Name     StepName
	State    StepState
	Sentence string        // for the owner of the domain
	Advice   string        // on failure: what to do
	Kind     Kind          `json:",omitzero"` // on failure
	Took     time.Duration // once ended
	TLS      *TLSFacts     `json:",omitzero"` // for StepTLS where a certificate was seen, also a refused one
	Mails    int           `json:",omitzero"` // for StepCount
	Folders  []string      `json:",omitzero"` // for StepFolder, also where it failed: what the server lists, shortened to 500
}

// countSentence says how many mails a folder holds to look through.
func countSentence(mails int) string {
	switch mails {
	case 0:
		return "There is no mail to look through yet."
	case 1:
		return "There is one mail to look through."
	default:
		return fmt.Sprintf("There are %d mails to look through.", mails)
	}
}

// TLSFacts describes the secured connection and the server's certificate. The
// names come from the server: shortened, without control characters.
type TLSFacts struct {
	Version string // "TLS 1.3"; "" when the handshake failed
	Subject string
	Issuer  string
	Expires time.Time
}

func tlsFacts(version uint16, cert *x509.Certificate) *TLSFacts {
	f := &TLSFacts{Subject: printable(cert.Subject.CommonName), Issuer: printable(cert.Issuer.CommonName), Expires: cert.NotAfter.UTC()}
	if version != 0 {
		f.Version = tls.VersionName(version)
	}
	if len(cert.DNSNames) > 0 {
		f.Subject = printable(cert.DNSNames[0])
	}
	if len(cert.Issuer.Organization) > 0 {
		f.Issuer = printable(cert.Issuer.Organization[0])
	}
	return f
}

// printable keeps what is safe to show of a name that a server chose.
func printable(s string) string {
	const most = 100
	out := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
	if cut := []rune(out); len(cut) > most {
		return string(cut[:most])
	}
	return out
}

// walk reports steps as they happen.
type walk struct {
	on    func(Step) // nil: nobody listens
	clock func() time.Time
}

// do runs one step. f fills in what there is to say about its success, or, as
// far as it came, about its failure.
func (w walk) do(name StepName, running string, f func(*Step) *Error) error {
	w.tell(Step{Name: name, State: Running, Sentence: running})
	began := w.clock()
	s := Step{Name: name, State: Done}
	err := f(&s)
	s.Took = w.clock().Sub(began)
	if err != nil {
		s.State, s.Kind, s.Sentence, s.Advice = Failed, err.Kind, err.Sentence(), err.Advice()
		w.tell(s)
		return err
	}
	w.tell(s)
	return nil
}

func (w walk) tell(s Step) {
	if w.on != nil {
		w.on(s)
	}
}
