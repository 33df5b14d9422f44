package app_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/sender"
)

// countryFile is an MMDB file in which the reported address is in Germany.
func countryFile(t *testing.T) string {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	_, network, err := net.ParseCIDR(reportedIP + "/24")
	if err == nil {
		err = tree.Insert(network, mmdbtype.Map{
			"country": mmdbtype.Map{"iso_code": mmdbtype.String("DE")}, "asn": mmdbtype.String("AS64500"), "as_name": mmdbtype.String("Example"),
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "country.mmdb"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := tree.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

func TestCheckOfLookUps(t *testing.T) {
	t.Parallel()
	file := countryFile(t)
	for _, test := range []struct{ ip, asn, asnFile, countryFile, want string }{
		{"dns", "off", "", "", ""},
		{"off", "cymru", "", "", ""},
		{"dns", "cymru", "", file, ""},
		{"mmdb", "off", "", file, ""},
		{"dns", "mmdb", file, file, ""},
		{"dns", "mmdb", "", file, ""},
		{"dns", "hunter2", "", "", "ASN_LOOKUP is none of cymru, mmdb and off"},
		{"mmdb", "off", "", "", "MMDB_COUNTRY is missing beside IP_LOOKUP=mmdb"},
		{"dns", "mmdb", "", "", "MMDB_ASN is missing beside ASN_LOOKUP=mmdb"},
		{"dns", "off", "", file, "MMDB_COUNTRY is set, but"},
		{"mmdb", "cymru", file, file, "MMDB_ASN is set, but"},
		{"dns", "mmdb", "/nowhere/hunter2", "", "MMDB_ASN cannot be read"},
		{"dns", "mmdb", "config_test.go", "", "MMDB_ASN cannot be read"},
	} {
		environ := production()
		environ["IP_LOOKUP"], environ["ASN_LOOKUP"], environ["MMDB_ASN"], environ["MMDB_COUNTRY"] = test.ip, test.asn, test.asnFile, test.countryFile
		c, err := configure(t, environ)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Check()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
			t.Errorf("%+v: %v", test, err)
		}
		if err != nil {
			refuseValues(t, err, map[string]string{"MMDB_ASN": test.asnFile, "MMDB_COUNTRY": test.countryFile})
		}
	}
}

// Countries and networks reach the addresses of organizations.
func TestNetworksAreFoundAsConfigured(t *testing.T) {
	t.Parallel()
	a := apptest.New(t, func(c *app.Config, _ *app.Parts) { c.ASNLookup, c.MMDBCountry = "mmdb", countryFile(t) })
	w := newWorld(t, a, "ada@first.example")
	a.StopWorker()
	if err := a.Slices().Senders.Find(context.Background(), sender.Find{}); err != nil {
		t.Fatal(err)
	}
	var found string
	err := administrator(t, a).QueryRow(t.Context(), `SELECT s.sender || ' in ' || s.country FROM sources s JOIN organizations o USING (org_id) WHERE o.slug = $1`, w.slug).Scan(&found)
	if err != nil || found != "AS64500/passing in DE" {
		t.Errorf("%q, %v", found, err)
	}
}
