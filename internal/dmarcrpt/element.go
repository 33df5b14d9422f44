package dmarcrpt

// element is a place in the document tree, not just a name: "domain" below
// policy_published and "domain" below dkim are two elements. What lies below
// an unknown element is unknown, so a lookalike elsewhere counts for nothing.
type element uint8

const (
	elUnknown element = iota
	elForeign         // an extension or another namespace; everything below is foreign too
	elIgnored         // known to occur and of no meaning: rf, ri
	elDocument
	elFeedback
	elMetadata
	elDateRange
	elPolicy
	elRecord
	elRow
	elEvaluated
	elReason
	elIdentifiers
	elAuthResults
	elDKIM
	elSPF

	firstValue // a mark only: the elements below it hold text
	elVersion
	elOrgName
	elEmail
	elContact
	elReportID
	elBegin
	elEnd
	elError
	elGenerator
	elDomain
	elADKIM
	elASPF
	elP
	elSP
	elNP
	elPct
	elFO
	elTesting
	elDiscovery
	elSourceIP
	elCount
	elDisposition
	elEvalDKIM
	elEvalSPF
	elReasonType
	elReasonComment
	elHeaderFrom
	elEnvelopeFrom
	elEnvelopeTo
	elDKIMDomain
	elDKIMSelector
	elDKIMResult
	elDKIMHuman
	elSPFDomain
	elSPFScope
	elSPFResult
	elSPFHuman
)

func (e element) isValue() bool { return e > firstValue }

// child names the element called local directly below parent.
func child(parent element, local []byte) element {
	switch parent {
	case elDocument:
		if string(local) == "feedback" {
			return elFeedback
		}
	case elFeedback:
		switch string(local) {
		case "record":
			return elRecord
		case "report_metadata":
			return elMetadata
		case "policy_published":
			return elPolicy
		case "version":
			return elVersion
		}
	case elMetadata, elDateRange:
		return metadataChild(parent, local)
	case elPolicy:
		return policyChild(local)
	case elRecord, elRow, elEvaluated, elReason, elIdentifiers:
		return recordChild(parent, local)
	case elAuthResults, elDKIM, elSPF:
		return resultChild(parent, local)
	case elForeign, elIgnored:
		return parent
	}
	if string(local) == "extension" || string(local) == "extensions" {
		return elForeign
	}
	return elUnknown
}

func metadataChild(parent element, local []byte) element {
	if parent == elDateRange {
		switch string(local) {
		case "begin":
			return elBegin
		case "end":
			return elEnd
		}
		return elUnknown
	}
	switch string(local) {
	case "org_name":
		return elOrgName
	case "email":
		return elEmail
	case "extra_contact_info":
		return elContact
	case "report_id":
		return elReportID
	case "date_range":
		return elDateRange
	case "error":
		return elError
	case "generator":
		return elGenerator
	case "version":
		return elIgnored
	}
	return elUnknown
}

func policyChild(local []byte) element {
	switch string(local) {
	case "domain":
		return elDomain
	case "adkim":
		return elADKIM
	case "aspf":
		return elASPF
	case "p":
		return elP
	case "sp":
		return elSP
	case "np":
		return elNP
	case "pct":
		return elPct
	case "fo":
		return elFO
	case "testing":
		return elTesting
	case "discovery_method":
		return elDiscovery
	case "rf", "ri":
		return elIgnored
	}
	return elUnknown
}

func recordChild(parent element, local []byte) element {
	switch parent {
	case elRecord:
		switch string(local) {
		case "row":
			return elRow
		case "identifiers", "identities":
			return elIdentifiers
		case "auth_results":
			return elAuthResults
		case "extension", "extensions":
			return elForeign
		}
	case elRow:
		switch string(local) {
		case "source_ip":
			return elSourceIP
		case "count":
			return elCount
		case "policy_evaluated":
			return elEvaluated
		}
	case elEvaluated:
		switch string(local) {
		case "disposition":
			return elDisposition
		case "dkim":
			return elEvalDKIM
		case "spf":
			return elEvalSPF
		case "reason":
			return elReason
		}
	case elReason:
		switch string(local) {
		case "type":
			return elReasonType
		case "comment":
			return elReasonComment
		}
	case elIdentifiers:
		switch string(local) {
		case "header_from":
			return elHeaderFrom
		case "envelope_from":
			return elEnvelopeFrom
		case "envelope_to":
			return elEnvelopeTo
		}
	}
	return elUnknown
}

func resultChild(parent element, local []byte) element {
	switch parent {
	case elAuthResults:
		switch string(local) {
		case "dkim":
			return elDKIM
		case "spf":
			return elSPF
		}
	case elDKIM:
		switch string(local) {
		case "domain":
			return elDKIMDomain
		case "selector":
			return elDKIMSelector
		case "result":
			return elDKIMResult
		case "human_result":
			return elDKIMHuman
		}
	case elSPF:
		switch string(local) {
		case "domain":
			return elSPFDomain
		case "scope":
			return elSPFScope
		case "result":
			return elSPFResult
		case "human_result":
			return elSPFHuman
		}
	}
	return elUnknown
}
