package reportweb

import (
	"fmt"
	"net/http"
	"net/url"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// maxFiles bounds the files of one plain form.
const maxFiles = 100

// ShowUpload shows where files can be dropped; each visit is an upload.
func (h *Web) ShowUpload(w http.ResponseWriter, r *http.Request, a org.Access) error {
	return httpio.OK(w, r, Upload(h.uploadPage(w, r, a, uid.New[report.Visit]())))
}

func (h *Web) uploadPage(w http.ResponseWriter, r *http.Request, a org.Access, upload report.UploadID) UploadPage {
	query := url.Values{"upload": {upload.String()}}
	return UploadPage{
		Page:   h.frame(w, r, ui.ReportsSection, "Upload reports", ui.Link{Text: "Reports", Href: path(a, "reports", nil)}),
		Action: path(a, "uploads", query), ResultsHref: path(a, "receipts", query), EarlierHref: path(a, "receipts", url.Values{"source": {string(report.FromUpload)}, "verdict": {"all"}}),
		MostBytes: report.MaxUpload,
		TooLarge:  fmt.Sprintf("This file is larger than %d MB, the most that is taken. It was not sent. Compress it (zip or gzip) and try again.", report.MaxUpload>>20),
	}
}

// Upload takes files: one from the page's script, which is answered with what
// became of it, or those of the plain form, which leads to the list of mails.
func (h *Web) Upload(w http.ResponseWriter, r *http.Request, a org.Access) error {
	upload, err := uid.Parse[report.Visit](r.URL.Query().Get("upload"))
	if err != nil {
		upload = uid.New[report.Visit]()
	}
	var last report.Uploaded
	files := 0
	for f, err := range httpio.Files(w, r, report.MaxUpload) {
		if err == nil && files == maxFiles {
			err = fault.New(fault.Invalid, fmt.Sprintf("The first %d files are read, which is as many as one form may send. Please send the rest again.", maxFiles))
		}
		if err == nil {
			last, err = h.Reports.Upload(r.Context(), a, upload, report.File{Name: f.Name, Content: f.Content, Size: f.Size})
		}
		if err != nil {
			return h.refuseUpload(w, r, a, upload, files > 0, err)
		}
		files++
	}
	if files == 0 {
		return h.refuseUpload(w, r, a, upload, false, fault.New(fault.Invalid, "No file was chosen. Choose at least one and send the form again."))
	}
	if !httpio.Fragment(r) {
		return httpio.See(w, r, path(a, "receipts", url.Values{"upload": {upload.String()}}))
	}
	rows := UploadResult{Receipts: h.receiptRows(a, last.Receipts), Verdicts: last.Verdicts, MoreHref: path(a, "receipts", url.Values{"upload": {upload.String()}})}
	if n := last.Mails - len(last.Receipts); n > 0 {
		rows.More = "And " + format.Of(n, "more mail", "more mails") + " of this file"
	}
	return httpio.OK(w, r, UploadRows(rows))
}

// refuseUpload says why an upload ended, in the page or to its script. What is
// ours to mend goes the way of all failures.
func (h *Web) refuseUpload(w http.ResponseWriter, r *http.Request, a org.Access, upload report.UploadID, some bool, err error) error {
	switch fault.KindOf(err) {
	case fault.Internal, fault.Temporary:
		return err
	}
	if httpio.Fragment(r) {
		return httpio.Render(w, r, httpio.Status(err), UploadRefused(fault.Sentence(err)))
	}
	p := h.uploadPage(w, r, a, upload)
	p.Error, p.Some = fault.Sentence(err), some
	return httpio.Render(w, r, httpio.Status(err), Upload(p))
}
