package reading_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/reporttest"
)

// entry is one file in a zip archive to make.
type entry struct {
	name, data string
	flags      uint16
	method     uint16 // of compression; the data is written as it is for those other than Deflate
}

// zipped makes a zip archive, with data descriptors as Go writes them.
func zipped(t testing.TB, entries ...entry) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		create := w.CreateHeader
		if e.flags != 0 || e.method != 0 {
			n := uint64(len(e.data))
			h.Method, h.Flags, h.CRC32, h.CompressedSize64, h.UncompressedSize64 = e.method, e.flags, crc32.ChecksumIEEE([]byte(e.data)), n, n
			create = w.CreateRaw
		}
		f, err := create(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(e.data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// zip64 makes an archive of one stored file whose sizes and places stand in
// the fields of the zip64 format (APPNOTE 4.3.14, 4.5.3).
func zip64(name, data string) string {
	le := binary.LittleEndian
	size := uint64(len(data))
	fixed := func(signature string, central bool) []byte {
		b := []byte(signature)
		if central {
			b = le.AppendUint16(b, 45)
		}
		for _, v := range []uint16{45, 0, 0, 0, 0} { // version, flags, stored, time, date
			b = le.AppendUint16(b, v)
		}
		b = le.AppendUint32(b, crc32.ChecksumIEEE([]byte(data)))
		b = le.AppendUint32(le.AppendUint32(b, 1<<32-1), 1<<32-1)
		return le.AppendUint16(b, uint16(len(name)))
	}
	extra := le.AppendUint16(le.AppendUint16(nil, 1), 16)
	extra = le.AppendUint64(le.AppendUint64(extra, size), size)
	local := le.AppendUint16(fixed("PK\x03\x04", false), uint16(len(extra)))
	local = append(append(append(local, name...), extra...), data...)
	central := le.AppendUint16(fixed("PK\x01\x02", true), uint16(len(extra)))
	central = append(central, make([]byte, 2+2+2+4+4)...) // comment, disk, attributes, place 0
	central = append(append(central, name...), extra...)
	end := le.AppendUint64([]byte("PK\x06\x06"), 44)
	end = le.AppendUint16(le.AppendUint16(end, 45), 45)
	end = append(end, make([]byte, 8)...) // disks
	for _, v := range []uint64{1, 1, uint64(len(central)), uint64(len(local))} {
		end = le.AppendUint64(end, v)
	}
	locator := le.AppendUint64(append([]byte("PK\x06\x07"), 0, 0, 0, 0), uint64(len(local)+len(central)))
	locator = le.AppendUint32(locator, 1)
	tail := append([]byte("PK\x05\x06"), bytes.Repeat([]byte{0xff}, 16)...)
	tail = append(tail, 0, 0)
	return string(local) + string(central) + string(end) + string(locator) + string(tail)
}

func tarred(t testing.TB, name, data string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(s string) string { return string(reporttest.Gzip([]byte(s))) }

// broken changes one byte, counted from the end.
func broken(s string, fromEnd int) string {
	b := []byte(s)
	b[len(b)-fromEnd] ^= 1
	return string(b)
}

// unopened are the formats that are recognised and not opened.
func unopened(t testing.TB) []fixture {
	t.Helper()
	return []fixture{
		{"tar", tarred(t, "r.xml", good)},
		{"tar in gzip", gzipped(tarred(t, "r.xml", good))},
		{"7z", "7z\xbc\xaf\x27\x1c\x00\x04" + strings.Repeat("x", 100)},
		{"bzip2", "BZh91AY&SY" + strings.Repeat("x", 100)},
		{"xz", "\xfd7zXZ\x00" + strings.Repeat("x", 100)},
		{"RAR", "Rar!\x1a\x07\x01\x00" + strings.Repeat("x", 100)},
		{"Zstandard", "\x28\xb5\x2f\xfd" + strings.Repeat("x", 100)},
		{"TNEF", "\x78\x9f\x3e\x22" + strings.Repeat("x", 100)},
		{"encrypted zip", zipped(t, entry{name: "r.xml", data: "secret", flags: 1})},
		{"zip by AES", zipped(t, entry{name: "r.xml", data: "secret", flags: 1, method: 99})},
		{"zip by method 12", zipped(t, entry{name: "r.xml", data: "bzip2", method: 12})},
		{"zip by LZMA", zipped(t, entry{name: "r.xml", data: "lzma", method: 14})},
		{"encrypted S/MIME", "\x30\x82\x05\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x82\x04\xf0" + strings.Repeat("x", 100)},
		{"opaque signed S/MIME", "\x30\x82\x05\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x82\x04\xf0" + strings.Repeat("x", 100)},
		{"encrypted OpenPGP", "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"},
	}
}

func TestContainers(t *testing.T) {
	t.Parallel()
	report := entry{name: "r.xml", data: good}
	other := entry{name: "2.xml", data: strings.Replace(good, "r-1", "r-2", 1)}
	packed := gzipped(good)
	tests := []fixture{
		{"bare XML", good},
		{"bare JSON", goodTLS},
		{"gzip", packed},
		{"CR LF after the gzip stream", packed + "\r\n"},
		{"rubbish after the gzip stream", packed + strings.Repeat("rubbish", 20)},
		{"a document in two gzip members", gzipped(good[:500]) + gzipped(good[500:])},
		{"two documents in two gzip members", packed + gzipped(other.data)},
		{"gzip, wrong checksum", broken(packed, 8)},
		{"gzip, wrong length", broken(packed, 1)},
		{"two documents, the second's checksum wrong", packed + broken(gzipped(other.data), 8)},
		{"gzip, cut", packed[:len(packed)-20]},
		{"gzip, cut before its checksum", packed[:len(packed)-8]},
		{"gzip, whole, of a cut document", gzipped(good[:len(good)-60])},
		{"gzip of nothing", gzipped("")},
		{"gzip in gzip", gzipped(packed)},
		{"zip in gzip", gzipped(zipped(t, report))},
		{"gzip in zip", zipped(t, entry{name: "r.xml.gz", data: packed})},
		{"zip in zip", zipped(t, entry{name: "r.zip", data: zipped(t, report)})},
		{"gzip in gzip in gzip", gzipped(gzipped(packed))},
		{"gzip four deep", gzipped(gzipped(gzipped(packed)))},
		{"zip with data descriptors", zipped(t, report)},
		{"zip, stored", zipped(t, entry{name: "r.xml", data: good, flags: 0x800})},
		{"zip64", zip64("r.xml", good)},
		{"173 bytes after the zip's end", zipped(t, report) + strings.Repeat("x", 173)},
		{"bytes before the zip", "MZ a program" + zipped(t, report)},
		{"folder in a zip", zipped(t, entry{name: "reports/"}, entry{name: "reports/r.xml", data: good})},
		{"__MACOSX in a zip", zipped(t, report, entry{name: "__MACOSX/"}, entry{name: "__MACOSX/._r.xml", data: "\x00\x05\x16\x07"})},
		{"several reports in a zip", zipped(t, report, other)},
		{"good, invalid and folder", zipped(t, entry{name: "a/"}, entry{name: "a/bad.xml", data: "oops"}, report, entry{name: "cut.xml", data: good[:700]})},
		{"entry without a name", zipped(t, entry{data: good})},
		{"two entries of one name", zipped(t, report, entry{name: "r.xml", data: other.data})},
		{"names that are paths", zipped(t, entry{name: "../../etc/passwd.xml", data: good}, entry{name: "/tmp/\x1b[31mr.xml", data: other.data})},
		{"zip, wrong checksum", change(t, zipped(t, entry{name: "r.xml", data: good, flags: 0x800}), "<count>3<", "<count>4<")},
		{"zip, cut", zipped(t, report)[:300]},
		{"office document", zipped(t, entry{name: "[Content_Types].xml", data: "<?xml version=\"1.0\"?><Types/>"}, entry{name: "xl/workbook.xml", data: "<?xml version=\"1.0\"?><workbook/>"})},
		{"the word unused", gzipped("unused")},
		{"nothing", ""},
		{"prose", "Dear colleagues,\nno report today.\n"},
	}
	golden(t, "containers", good, append(tests, unopened(t)...))
}
