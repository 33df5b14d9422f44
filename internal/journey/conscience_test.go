package journey

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
)

// tellViolations names directive and line of what the content security policy
// has stopped. The browser's own log, which conscience reads too, sees what
// happens before any script, but says less.
const tellViolations = `addEventListener("securitypolicyviolation", (e) =>
	console.error("policy", e.effectiveDirective, e.blockedURI, e.sourceFile + ":" + e.lineNumber, e.sample))`

// conscience remembers what a browser complains about.
type conscience struct {
	mu       sync.Mutex
	heard    []string
	expected map[string]bool // addresses that answer 4xx on purpose, which the browser logs as errors
}

// expect says that an address, whatever its query, answers 4xx on purpose.
func (c *conscience) expect(url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expected[url] = true
}

func (c *conscience) complaints() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.heard)
}

// hear is called by the browser's own loop and must return at once.
func (c *conscience) hear(event any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		serious := e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning
		bare, _, _ := strings.Cut(e.Entry.URL, "?")
		wanted := e.Entry.Source == log.EntrySourceNetwork && (c.expected[e.Entry.URL] || c.expected[bare]) && strings.Contains(e.Entry.Text, "status of 4")
		if serious && !wanted {
			c.heard = append(c.heard, fmt.Sprintf("%s: %s (%s:%d)", e.Entry.Source, e.Entry.Text, e.Entry.URL, e.Entry.LineNumber))
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			words := []string{"console:"}
			for _, arg := range e.Args {
				words = append(words, string(arg.Value), arg.Description)
			}
			c.heard = append(c.heard, strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text = e.ExceptionDetails.Exception.Description
		}
		c.heard = append(c.heard, "exception: "+text)
	}
}
