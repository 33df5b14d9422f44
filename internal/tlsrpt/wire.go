package tlsrpt

import (
	"encoding/json"
	"strings"
)

// The document as it may be written: every value of uncertain type is a type
// of ours that takes all forms seen in the wild.
type wireReport struct {
	OrgName     text      `json:"organization-name"`
	DateRange   wireRange `json:"date-range"`
	ContactInfo text      `json:"contact-info"`
	ReportID    text      `json:"report-id"`
	Policies    policies  `json:"policies"`
}

type wireRange struct {
	Start text `json:"start-datetime"`
	End   text `json:"end-datetime"`
}

type wirePolicy struct {
	Policy struct {
		Type          text  `json:"policy-type"`
		Strings       texts `json:"policy-string"`
		Domain        text  `json:"policy-domain"`
		MXHost        texts `json:"mx-host"`
		MXHostPattern texts `json:"mx-host-pattern"`
	} `json:"policy"`
	Summary struct {
		Successful count `json:"total-successful-session-count"`
		Failed     count `json:"total-failure-session-count"`
	} `json:"summary"`
	Failures []wireFailure `json:"failure-details"`
}

type wireFailure struct {
	ResultType            text  `json:"result-type"`
	SendingMTAIP          text  `json:"sending-mta-ip"`
	ReceivingIP           text  `json:"receiving-ip"`
	ReceivingMXHostname   text  `json:"receiving-mx-hostname"`
	ReceivingMXHelo       text  `json:"receiving-mx-helo"`
	Sessions              count `json:"failed-session-count"`
	AdditionalInformation text  `json:"additional-information"`
	AdditionalInfoURI     text  `json:"additional-info-uri"`
	AdditionalInfo        text  `json:"additional-info"`
	ReasonCode            text  `json:"failure-reason-code"`
}

// policies takes a list, and says what is wrong with anything else: that
// refuses the report only after what tells which one it is.
type policies struct {
	list  []wirePolicy
	wrong string
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *policies) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &p.list); err != nil {
		p.wrong = misfit(err)
	}
	return nil
}

// text takes a string; null and any other type are as if absent.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text(s)
	}
	return nil
}

// texts takes a list of strings or one string.
type texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *texts) UnmarshalJSON(b []byte) error {
	var one text
	if len(b) > 0 && b[0] == '"' {
		_ = one.UnmarshalJSON(b) // takes every string
		*t = texts{string(one)}
		return nil
	}
	var many []text
	if json.Unmarshal(b, &many) == nil {
		for _, s := range many {
			*t = append(*t, string(s))
		}
	}
	return nil
}

// count keeps a number as written, to be judged later.
type count struct {
	digits string // empty: absent or null
	quoted bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *count) UnmarshalJSON(b []byte) error {
	s := string(b)
	if s == "null" {
		return nil
	}
	if unquoted, ok := strings.CutPrefix(s, `"`); ok {
		s, c.quoted = strings.TrimSpace(strings.TrimSuffix(unquoted, `"`)), true
	}
	if s == "" {
		s = "?" // present and empty is not 0
	}
	c.digits = s
	return nil
}
