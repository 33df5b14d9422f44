package reading_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/reading"
)

// sampleStream is the report of sampleReport, of any number of records, made as
// it is read: only one record of it is in memory.
func sampleStream(records int) io.Reader {
	return &sample{left: records, now: bytes.TrimSuffix(sampleReport(0), []byte("</feedback>\n")), last: []byte("</feedback>\n")}
}

type sample struct {
	made, left int
	now, last  []byte // what is read next, and what comes behind the records
}

func (s *sample) Read(p []byte) (int, error) {
	if len(s.now) == 0 {
		switch {
		case s.left > 0:
			s.now = sampleRecord(s.made)
			s.made, s.left = s.made+1, s.left-1
		case s.last != nil:
			s.now, s.last = s.last, nil
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, s.now)
	s.now = s.now[n:]
	return n, nil
}

func sampleRecord(i int) []byte {
	return fmt.Appendf(nil, `  <record>
    <row>
      <source_ip>192.0.2.%d</source_ip>
      <count>%d</count>
      <policy_evaluated>
        <disposition>none</disposition>
        <dkim>pass</dkim>
        <spf>fail</spf>
      </policy_evaluated>
    </row>
    <identifiers>
      <envelope_to>receiver.example</envelope_to>
      <envelope_from>bounce%d.example.com</envelope_from>
      <header_from>example.com</header_from>
    </identifiers>
    <auth_results>
      <dkim>
        <domain>example.com</domain>
        <selector>s%d</selector>
        <result>pass</result>
      </dkim>
      <spf>
        <domain>bounce%d.example.com</domain>
        <scope>mfrom</scope>
        <result>fail</result>
      </spf>
    </auth_results>
  </record>
`, i%256, i%7+1, i%1000, i%10, i%1000)
}

func TestSampleStream(t *testing.T) {
	t.Parallel()
	got, err := io.ReadAll(sampleStream(300))
	if err != nil || !bytes.Equal(got, sampleReport(300)) {
		t.Errorf("%v, %d bytes, want %d", err, len(got), len(sampleReport(300)))
	}
}

// More than memory should hold; how much it does hold is measured on the
// program as it is built.
func TestLargeReport(t *testing.T) {
	t.Parallel()
	const records = 20_000
	f, err := os.Create(filepath.Join(t.TempDir(), "large.xml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, err := io.Copy(f, sampleStream(records))
	if err != nil {
		t.Fatal(err)
	}
	var c tally
	out, err := reading.NewReader(reading.Limits{}, nil).Read(t.Context(), mimepart.Source{ReaderAt: f, Size: size}, &c)
	if err != nil || out.Accepted != 1 || c.records != records {
		t.Errorf("%v, %+v, %+v", err, out, c)
	}
}
