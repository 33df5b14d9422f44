// Package ui holds the frame of every page and the parts that pages share.
// Page structs of the slices embed Page; templates here only branch and loop.
package ui

import "sendvery.com/sendvery/web"

// Page is what the frame needs to know about the page inside it.
type Page struct {
	Title   string // names the thing, for the browser's title; "Sendvery" is appended
	Theme   string // "light", "dark", or "" to follow the system; from web.Theme
	Path    string // path and query of this page, to come back to after a change of theme
	Section Section
	Org     Org    // the active organization; zero on pages outside of one
	Orgs    []Org  // all organizations of the person, in the order of the switch; may hold the active one
	Person  Person // zero when nobody is signed in
	Flash   Flash  // shown once, above the page
	Larger  Larger // the way to a larger plan, for the page to show; zero = none would help
	Crumbs  []Link // from the section down to this page; the last one has no Href
	Refresh int    // seconds after which a browser without scripts loads the page anew; 0 = never
	Onward  string // address, also on another site, that the browser goes on to by itself; "" = none
	Dev     bool   // development mode: shows the way to outbox and gallery
}

// Section is an entry of the main navigation.
type Section string

// The sections that exist.
const (
	NoSection       Section = ""
	OverviewSection Section = "overview"
	DomainsSection  Section = "domains"
	SendersSection  Section = "senders"
	ReportsSection  Section = "reports"
	TLSSection      Section = "tls"
	MailboxSection  Section = "mailboxes"
	SettingsSection Section = "settings"
)

// Org is an organization as the frame shows it.
type Org struct {
	Name string
	Slug string // as it stands in paths
}

// Path returns the path of a page inside the organization; rest has no
// leading slash: Path("domains/example.org").
func (o Org) Path(rest string) string { return "/o/" + o.Slug + "/" + rest }

// Person is who is signed in.
type Person struct {
	Email    string
	Operator bool // runs this installation, and may see how it is
}

// Link is words that lead somewhere.
type Link struct {
	Text string
	Href string
}

// openPages are what anybody may read, linked from the foot of every page.
var openPages = [...]Link{
	{Text: "Security", Href: "/security"},
	{Text: "Privacy", Href: "/privacy"},
	{Text: "Terms", Href: "/terms"},
	{Text: "Open source", Href: "/open-source"},
}

// Tone says how a note or a step is meant; it decides colour and icon.
type Tone string

// The tones. Bad is for what failed, Warning for what needs attention.
const (
	Plain   Tone = ""
	Info    Tone = "info"
	Good    Tone = "good"
	Warning Tone = "warning"
	Bad     Tone = "bad"
)

// Flash is the answer to the person's last action.
type Flash struct {
	Tone Tone
	Text string // a full sentence; empty = no flash
}

// Larger is the way to a larger plan, which would allow what the page refuses.
type Larger struct {
	Text string
	Link Link // to the plans; zero for who cannot choose one
}

// WithLarger is the page with the way to a larger plan, if one would help: owners
// are led to the plans, others to the owners.
func (p Page) WithLarger(helps, owner bool) Page {
	switch {
	case helps && owner:
		p.Larger = Larger{Text: "A larger plan would allow this.", Link: Link{Text: "See plans", Href: p.Org.Path("billing")}}
	case helps:
		p.Larger = Larger{Text: "A larger plan would allow this. Ask an owner of your organization."}
	}
	return p
}

type navItem struct {
	Section Section
	Word    string
	Path    string
	Icon    string
}

// The order of the main navigation: only what exists.
var navItems = [...]navItem{
	{Section: OverviewSection, Word: "Overview", Path: "", Icon: "layout-dashboard"},
	{Section: DomainsSection, Word: "Domains", Path: "domains", Icon: "globe"},
	{Section: SendersSection, Word: "Senders", Path: "senders", Icon: "send"},
	{Section: ReportsSection, Word: "Reports", Path: "reports", Icon: "file-text"},
	{Section: TLSSection, Word: "TLS", Path: "tls", Icon: "lock"},
	{Section: MailboxSection, Word: "Mailboxes", Path: "mailboxes", Icon: "inbox"},
	{Section: SettingsSection, Word: "Settings", Path: "settings", Icon: "settings"},
}

// In puts the page into a section of the navigation, below the crumbs that
// lead to it.
func (p Page) In(s Section, crumbs ...Link) Page {
	p.Section = s
	if len(crumbs) > 0 {
		p.Crumbs = append(crumbs, Link{Text: p.Title})
	}
	return p
}

func (p Page) title() string {
	if p.Title == "" {
		return "Sendvery"
	}
	return p.Title + " · Sendvery"
}

// others returns the organizations to switch to.
func (p Page) others() []Org {
	var out []Org
	for _, o := range p.Orgs {
		if o.Slug != p.Org.Slug {
			out = append(out, o)
		}
	}
	return out
}

func (p Page) home() string {
	if p.Org.Slug == "" {
		return "/"
	}
	return p.Org.Path("")
}

func iconRef(name string) string { return web.Asset("icons.svg") + "#" + name }
