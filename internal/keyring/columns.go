package keyring

// Columns lists every column that holds sealed values; what is not here could
// not be read any more once its key is taken out of the ring. A test looks for
// columns whose comment begins with "sealed".
func Columns() []Column {
	return []Column{
		{Table: "mailboxes", Name: "secret", Row: "mailbox_id", Tenant: true, Action: "mailbox.reseal"},
		{Table: "certificates", Name: "sealed", Row: "name", Action: "certificate.reseal"},
	}
}
