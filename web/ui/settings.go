package ui

// SettingsTab is one of the pages of an organization's settings.
type SettingsTab string

// The pages.
const (
	GeneralTab SettingsTab = "General"
	MembersTab SettingsTab = "Members"
	BillingTab SettingsTab = "Billing"
	AuditTab   SettingsTab = "Audit trail"
)

// SettingsTabs are the pages of the settings that a person may see.
func SettingsTabs(o Org, chosen SettingsTab, billing, audit bool) []Choice {
	tab := func(t SettingsTab, path string) Choice {
		return Choice{Text: string(t), Chosen: t == chosen, Href: o.Path(path)}
	}
	out := []Choice{tab(GeneralTab, "settings"), tab(MembersTab, "members")}
	if billing {
		out = append(out, tab(BillingTab, "billing"))
	}
	if audit {
		out = append(out, tab(AuditTab, "audit"))
	}
	return out
}
