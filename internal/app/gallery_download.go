package app

import (
	"time"

	"sendvery.com/sendvery/internal/report/reportweb"
	"sendvery.com/sendvery/web/ui"
)

func sampleDownload(p ui.Page) reportweb.DownloadPage {
	file := func(text string) reportweb.OfferedFile {
		return reportweb.OfferedFile{Text: text, Href: galleryPath + "download"}
	}
	return reportweb.DownloadPage{
		Page:     titled(p, ui.ReportsSection, "Download", ui.Link{Text: "Reports", Href: galleryPath + "reports"}),
		Headline: "Take 41 203 messages with you", Chosen: "25 Oct – 21 Nov 2026 · example.org",
		Offers: []reportweb.Offer{
			{Icon: "file-chart-column", Title: "Summary", What: "The verdict, numbers and chart of the days, who sends and what to do, to print or to pass on. It is about the days and the domain; other filters are left aside.", Files: []reportweb.OfferedFile{file("PDF")}},
			{Icon: "table", Title: "Messages", What: "The numbers of lists and charts: messages by day, domain, sender and class.", Count: "412 rows", Files: []reportweb.OfferedFile{file("CSV"), file("JSON")}},
			{Icon: "rows-3", Title: "Records", What: "Every row of the reports: receiver, address, results, what was done, and the addresses in the mail.", Count: "1 904 rows", Files: []reportweb.OfferedFile{file("CSV"), file("JSON")}},
			{Icon: "mails", Title: "Originals", What: "The mails and files that brought these reports, as they came.", Count: "168 originals, 4.1 MB", Files: []reportweb.OfferedFile{file("ZIP")}},
		},
	}
}

func sampleMade() reportweb.MadeFiles {
	return reportweb.MadeFiles{Running: true, FragmentHref: galleryPath + "nothing", Files: []reportweb.MadeFile{
		{Name: "example.org-2026-01-01-2026-11-21-records.zip", State: "running", Asked: ago(time.Minute), Progress: ui.Progress{Done: 812000, Total: 2410000, Unit: "rows"}},
		{Name: "example.org-2026-01-01-2026-11-21-originals.zip", State: "running", Asked: ago(time.Minute), Progress: ui.Progress{Done: 41, Unit: "originals"}},
		{Name: "example-2026-10-25-2026-11-21-records.zip", State: "ready", Href: galleryPath + "download", Size: "31.4 MB", Asked: ago(26 * time.Hour), Until: ahead(6 * 24 * time.Hour)},
		{Name: "example-2025-11-21-2026-11-21-messages.zip", State: "failed", Asked: ago(50 * time.Hour)},
	}}
}
