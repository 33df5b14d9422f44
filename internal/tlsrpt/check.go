package tlsrpt

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// checker looks through the JSON text before anything is built of it: two
// million empty policies are 6 MB as text and a gigabyte as Go values.
type checker struct {
	limits Limits
	open   []level
	// How many more elements lists may have.
	policies, failures, others int
}

// level is an open object or list.
type level struct {
	keys  map[string]bool // nil for a list
	key   bool            // a key comes next
	name  string          // the last key
	count *int            // of a list: how many more elements it may have
}

// check checks syntax, repeated keys and limits. Keys are compared without
// case, because encoding/json matches them so.
func check(data []byte, limits Limits) error {
	c := checker{limits: limits, policies: limits.Policies, failures: limits.Failures, others: 10 * limits.Policies}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	for {
		tok, err := dec.Token()
		switch {
		case errors.Is(err, io.EOF) && len(c.open) > 0:
			return refuse(RefusedMalformed, "it ends in the middle")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return refuse(RefusedMalformed, err.Error())
		}
		if err := c.token(tok); err != nil {
			return err
		}
	}
}

func (c *checker) token(tok json.Token) error {
	text, isText := tok.(string)
	if isText && len(text) > c.limits.Text {
		return refuse(RefusedTooLong, "")
	}
	if tok == json.Delim('}') || tok == json.Delim(']') {
		c.open = c.open[:len(c.open)-1]
		return nil
	}
	name := ""
	if len(c.open) > 0 {
		top := &c.open[len(c.open)-1]
		if isText && top.key {
			return c.key(top, strings.ToLower(text))
		}
		if top.key, name = top.keys != nil, top.name; top.keys == nil {
			if *top.count--; *top.count < 0 {
				return refuse(RefusedMany, "")
			}
		}
	}
	switch tok {
	case json.Delim('{'):
		c.open = append(c.open, level{keys: map[string]bool{}, key: true})
	case json.Delim('['):
		c.open = append(c.open, level{count: c.counter(name)})
	}
	if len(c.open) > c.limits.Depth {
		return refuse(RefusedDepth, "")
	}
	return nil
}

func (c *checker) key(top *level, name string) error {
	if top.keys[name] {
		return refuse(RefusedDuplicate, name)
	}
	if len(top.keys) == c.limits.Keys {
		return refuse(RefusedMany, "keys")
	}
	top.keys[name], top.key, top.name = true, false, name
	return nil
}

// counter returns what the elements of the list under a key are counted with.
func (c *checker) counter(name string) *int {
	switch {
	case name == "policies" && len(c.open) == 1:
		return &c.policies
	case name == "failure-details":
		return &c.failures
	}
	return &c.others
}

// misfit says what does not have the type it should.
func misfit(err error) string {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return err.Error()
	}
	return strings.TrimPrefix(wrong.Field+" is a "+wrong.Value, " is a ")
}
