package journey

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// files writes what the owner has on their own disk and returns the paths.
func (j *journey) files() (good, again, broken, large string) {
	j.Helper()
	yesterday := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -1)
	report := fmt.Sprintf(`<feedback><version>1.0</version><report_metadata><org_name>uploaded.example</org_name><email>dmarc@uploaded.example</email>`+
		`<report_id>by-hand</report_id><date_range><begin>%d</begin><end>%d</end></date_range></report_metadata>`+
		`<policy_published><domain>example.org</domain><p>none</p></policy_published><record><row><source_ip>192.0.2.7</source_ip><count>7</count>`+
		`<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row>`+
		`<identifiers><header_from>example.org</header_from></identifiers><auth_results><spf><domain>example.org</domain><result>pass</result></spf></auth_results></record></feedback>`,
		yesterday.Unix(), yesterday.Unix()+86399)
	dir := j.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			j.Fatal(err)
		}
		return path
	}
	good, again, broken, large = write("good.xml", report), write("again.xml", report), write("broken.xml", report[:len(report)/2]), write("large.xml", report)
	if err := os.Truncate(large, 51<<20); err != nil {
		j.Fatal(err)
	}
	return good, again, broken, large
}

// uploadsReports brings files in by the page and sees what becomes of each.
func (j *journey) uploadsReports() {
	good, again, broken, large := j.files()
	j.open(j.org + "/reports")
	j.press("Upload reports")
	j.at(j.org + "/uploads")
	j.do(chromedp.SetUploadFiles(chromedp.CSS("#upload-files"), []string{good, again, broken, large}))
	j.await(`document.querySelector("[data-upload-words]").innerText === "3 of 4 files read, 1 not taken"`)
	j.reads("1 accepted, 1 already known, 1 refused")
	verdicts := look[[]string](j.tab, `[...document.querySelectorAll("[data-verdict]")].map((row) => row.dataset.verdict).sort()`)
	if !slices.Equal(verdicts, []string{"accepted", "known", "refused"}) {
		j.Errorf("the files are %q:\n%s", verdicts, j.text("main"))
	}
	j.reads("good.xml", "again.xml", "broken.xml", "uploaded.example about example.org", "larger than 50 MB")
	j.picture("upload-done")

	j.drops(good)
	j.await(`document.querySelector("[data-upload-words]").innerText === "4 of 5 files read, 1 not taken"`)
	j.follow("[data-upload-link]")
	if at := j.where(); !strings.HasPrefix(at, j.org+"/receipts?upload=") {
		j.Fatalf("the upload is listed at %s", at)
	}
	j.reads("uploaded by "+ownerAddress, "Of 4 files and mails: 1 accepted, 2 already known, 1 refused.")
	j.picture("upload-listed")
	j.open(j.org + "/reporters")
	j.follow(`//main//table//a[contains(., "uploaded.example")]`)
	j.reads("1 report from", "uploaded.example")
}

// drops lets files fall onto the page, beside the box for them.
func (j *journey) drops(files ...string) {
	j.Helper()
	for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
		ctx, cancel := context.WithTimeout(j.ctx, patience)
		_, err := chromedp.Call(ctx, input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: 700, Y: 100,
			Data: &input.DragData{Items: []*input.DragDataItem{}, Files: files, DragOperationsMask: 1}})
		cancel()
		if err != nil {
			j.Fatal(err)
		}
	}
}

// readsRefusedMailsAgain has one and then all refused mails read once more.
func (j *journey) readsRefusedMailsAgain() {
	j.open(j.refusal)
	j.press("Read it again")
	j.at(j.refusal)
	j.reads("It was read again and is still refused.")
	j.open(j.org + "/receipts")
	j.follow(`#again button`)
	within(j.T, time.Minute, "the refused mails are not read again", func() bool {
		return strings.Contains(j.text("#again"), "read again: nothing more could be read than before.")
	})
	j.picture("mails-read-again")
}
