package mimepart_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/mimepart"
)

// file is one entry of a zip to make.
type file struct {
	name, body string
	encrypted  bool
	method     uint16 // 0: Deflate
}

func zipOf(t *testing.T, files ...file) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		if f.method != 0 || f.encrypted {
			h.Method = f.method
			h.CRC32, h.CompressedSize64, h.UncompressedSize64 = crc32.ChecksumIEEE([]byte(f.body)), uint64(len(f.body)), uint64(len(f.body))
			if f.encrypted {
				h.Flags |= 1
			}
			raw, err := w.CreateRaw(h)
			if err != nil {
				t.Fatal(err)
			}
			must(io.WriteString(raw, f.body))
			continue
		}
		e, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		must(io.WriteString(e, f.body))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFiles(t *testing.T) {
	t.Parallel()
	xml := "1 " + strings.TrimSpace(reportXML)
	report := file{name: "r.xml", body: reportXML}
	wrongCRC := []byte(gz(reportXML))
	wrongCRC[len(wrongCRC)-8] ^= 1
	zipCRC := []byte(zipOf(t, report))
	for _, mark := range []string{"PK\x07\x08", "PK\x01\x02"} {
		i := bytes.Index(zipCRC, []byte(mark))
		zipCRC[i+map[string]int{"PK\x07\x08": 4, "PK\x01\x02": 16}[mark]] ^= 1
	}
	lying := []byte(zipOf(t, report))
	i := bytes.Index(lying, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(lying[i+24:], 5)
	tests := []struct{ name, data, want string }{
		{"xml", reportXML, xml},
		{"xml after text", "Report follows\n" + reportXML, "1 Report follows\n" + strings.TrimSpace(reportXML)},
		{"json", reportJSON, "2 " + reportJSON},
		{"gzip", gz(reportXML), xml},
		{"gzip in gzip", gz(gz(reportXML)), xml},
		{"zip in gzip", gz(zipOf(t, report)), xml},
		{"CR LF after gzip", gz(reportXML) + "\r\n", xml},
		{"rubbish after gzip", gz(reportXML) + strings.Repeat("x", 50), xml},
		{"one document in two members", gz(reportXML[:20]) + gz(reportXML[20:]), xml},
		{"zip", zipOf(t, report), xml},
		{"tail after zip", zipOf(t, report) + strings.Repeat("\x00x", 86), xml},
		{"prefix before zip", "MZ stub " + zipOf(t, report), xml},
		{"folder entry", zipOf(t, file{name: "a/"}, file{name: "a/r.xml", body: reportXML}), xml},
		{"entry without a name", zipOf(t, file{name: "", body: reportXML}), xml},
		{"path traversal", zipOf(t, file{name: "../../etc/r.xml", body: reportXML}), xml},
		{"MACOSX", zipOf(t, report, file{name: "__MACOSX/._r.xml", body: "\x00\x05\x16\x07"}), xml},
		{"several reports", zipOf(t, report, report), xml + " | " + xml},
		{"stored", zipOf(t, file{name: "r.xml", body: reportXML, method: 0}), xml},
		{"good and bad", zipOf(t, file{name: "bad.xml", body: "oops"}, report), "!attachment_not_a_report | " + xml},
		{"zip in zip", zipOf(t, file{name: "a.zip", body: zipOf(t, report)}), xml},
		{"mail in zip", zipOf(t, file{name: "a.eml", body: mixed(attachment("text/xml", "r.xml", "7bit", reportXML))}), xml},
		{"office document", zipOf(t, file{name: "xl/workbook.xml", body: "<?xml version=\"1.0\"?><workbook/>"}), "?attachment_not_a_report"},
		{"nothing", "", "?not_a_report"},
		{"prose", "Dear all,\nhello\n", "?not_a_report"},
		{"the word unused in gzip", gz("unused"), "?attachment_not_a_report"},
		{"wrong gzip checksum", string(wrongCRC), "!archive_checksum_wrong"},
		{"wrong zip checksum", string(zipCRC), "!archive_checksum_wrong"},
		{"truncated gzip", gz(reportXML)[:30], "!archive_truncated"},
		{"gzip without its trailer", gz(reportXML)[:len(gz(reportXML))-8], "!archive_truncated"},
		{"truncated zip", zipOf(t, report)[:60], "!archive_truncated"},
		{"damaged gzip", gz(reportXML)[:10] + strings.Repeat("\xff", 40), "!archive_damaged"},
		{"lying size", string(lying), "!archive_damaged"},
		{"encrypted zip", zipOf(t, file{name: "r.xml", body: "xxxx", encrypted: true}), "!archive_encrypted"},
		{"method 12", zipOf(t, file{name: "r.xml", body: "xxxx", method: 12}), "!archive_method_unsupported"},
		{"bzip2", "BZh91AY&SY", "!format_unsupported"},
		{"xz", "\xfd7zXZ\x00rest", "!format_unsupported"},
		{"7z", "7z\xbc\xaf\x27\x1crest", "!format_unsupported"},
		{"tar in gzip", gz(strings.Repeat("\x00", 257) + "ustar" + strings.Repeat("\x00", 300)), "!format_unsupported"},
		{"four layers", gz(gz(gz(gz(reportXML)))), "!archives_nested_too_deep"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := walk(t, []byte(test.data), mimepart.Limits{}); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// bomb is gzip of n MiB and a bit that begin like a report, in many members,
// which are quicker to make than one.
func bomb(n int) string {
	return gz("<feedback>") + strings.Repeat(gz(strings.Repeat(" ", 1<<20)), n)
}

// overlapping is a zip whose entries all point at one body.
func overlapping(t *testing.T, entries, size int) string {
	t.Helper()
	one := zipOf(t, file{name: "r.xml", body: "<feedback>" + strings.Repeat(" ", size)})
	dir := strings.Index(one, "PK\x01\x02")
	end := strings.Index(one, "PK\x05\x06")
	tail := []byte(one[end:])
	binary.LittleEndian.PutUint16(tail[8:], uint16(entries))
	binary.LittleEndian.PutUint16(tail[10:], uint16(entries))
	binary.LittleEndian.PutUint32(tail[12:], uint32((end-dir)*entries))
	return one[:dir] + strings.Repeat(one[dir:end], entries) + string(tail)
}

// peak runs f and returns by how many bytes the heap was above the start at
// its highest, as far as the collector let it grow.
func peak(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.HeapSys - min(before.HeapSys, after.HeapSys)
}

// Not parallel: it measures memory.
func TestHostile(t *testing.T) {
	deepMultipart := mailHead
	for i := range 5000 {
		deepMultipart += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	nested := zipOf(t, file{name: "r.xml", body: reportXML})
	for range 5 {
		nested = zipOf(t, file{name: "1.zip", body: nested}, file{name: "2.zip", body: nested})
	}
	manyEntries := make([]file, 101)
	for i := range manyEntries {
		manyEntries[i] = file{name: fmt.Sprintf("%d.xml", i), body: "<x/>"}
	}
	longWrong := []byte(bomb(1))
	longWrong[len(longWrong)-8] ^= 1
	large := mailHead + strings.Repeat("X: y\r\n", 10)
	tests := []struct {
		name, data, want string
		limits           mimepart.Limits
	}{
		{"gzip bomb", bomb(100), "cut !too_large_when_decompressed", mimepart.Limits{Inflated: 64 << 20}},
		{"gzip bomb in a gzip", gz(bomb(100)), "cut !too_large_when_decompressed", mimepart.Limits{Inflated: 64 << 20}},
		{"wrong checksum behind a long report", string(longWrong), "cut !archive_checksum_wrong", mimepart.Limits{}},
		{"gzip bomb of nothing", gz(strings.Repeat("\x00", 3<<20)), "!too_large_when_decompressed", mimepart.Limits{Inflated: 2 << 20}},
		{"zip bomb", zipOf(t, file{name: "r.xml", body: "<feedback>" + strings.Repeat(" ", 3<<20)}), "cut !too_large_when_decompressed", mimepart.Limits{Inflated: 2 << 20}},
		{"entries that share a body", overlapping(t, 90, 1<<20), strings.Repeat("1 <feedback> | ", 63) + "cut !too_large_when_decompressed", mimepart.Limits{Inflated: 64 << 20}},
		{"1,000 entries that share a body", overlapping(t, 1000, 10<<20), "!too_many_archive_entries", mimepart.Limits{}},
		{"65,000 entries", overlapping(t, 65000, 10), "!too_many_archive_entries", mimepart.Limits{}},
		{"101 entries", zipOf(t, manyEntries...), "!too_many_archive_entries", mimepart.Limits{}},
		{"nested zips", nested, strings.TrimSuffix(strings.Repeat("!archives_nested_too_deep | ", 8), " | "), mimepart.Limits{}},
		{"held too large", zipOf(t, file{name: "1.zip", body: "PK\x03\x04" + strings.Repeat("\x00", 100)}), "!inner_archive_too_large", mimepart.Limits{Held: 50}},
		{"mail too large", large, "!mail_too_large", mimepart.Limits{Raw: 100}},
		{"ordinary mail too large", "From: a@example.com\r\nSubject: holidays\r\n\r\n" + strings.Repeat("x", 100), "", mimepart.Limits{Raw: 100}},
		{"rfc822 60 deep", mailHead + strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 60), "!parts_nested_too_deep", mimepart.Limits{}},
		{"multipart 5,000 deep", deepMultipart, "!parts_nested_too_deep", mimepart.Limits{}},
		{"50,000 parts", mailHead + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 50000), "!too_many_parts", mimepart.Limits{}},
		{"1 MiB header", mailHead + "X-Long: " + strings.Repeat("a", 1<<20) + "\r\n\r\nx", "!mail_header_too_large", mimepart.Limits{}},
		{"100,000 header fields", mailHead + strings.Repeat("X: y\r\n", 100000) + "\r\nx", "!mail_header_too_large", mimepart.Limits{}},
		{"no boundary at all", mailHead + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("x\r\n", 1000), "!mail_structure_broken", mimepart.Limits{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			grown := peak(func() {
				got := walkDiscard(t, []byte(test.data), test.limits)
				if got != test.want {
					t.Errorf("got  %.400q\nwant %.400q", got, test.want)
				}
			})
			if grown > 64<<20 {
				t.Errorf("memory grew by %d MiB", grown>>20)
			}
		})
	}
}
