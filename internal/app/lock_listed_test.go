package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/app"
)

// apart are calls that are not about one organization, or need no probe of
// their own, with the reason. A name may end in * for all of a package.
var apart = map[string]string{
	"auth.*": "people, links and sessions belong to no organization",

	"billing.Service.Cancel":           "names nothing but the caller's own organization, whose account it reads as Account does; see TestOnlyOwnersSeeAndChangeThePlan",
	"billing.Service.Change":           "names nothing but the caller's own organization, whose account it reads as Account does; see TestOnlyOwnersSeeAndChangeThePlan",
	"billing.Service.Invoices":         "names nothing but the caller's own organization, whose account it reads as Account does; see TestOnlyOwnersSeeAndChangeThePlan",
	"billing.Service.Portal":           "names nothing but the caller's own organization, whose account it reads as Account does; see TestOnlyOwnersSeeAndChangeThePlan",
	"billing.Service.Preview":          "names nothing but the caller's own organization, whose account it reads as Account does; see TestOnlyOwnersSeeAndChangeThePlan",
	"billing.Service.Resume":           "names nothing but the caller's own organization, whose account it reads as Account does; see TestOnlyOwnersSeeAndChangeThePlan",
	"billing.Service.Subscribe":        "names nothing but the caller's own organization, whose account it reads as Account does; see TestOnlyOwnersSeeAndChangeThePlan",
	"billing.Service.Sync":             "names nothing but the organization, and answers nothing of it",
	"billing.Service.SyncAccount":      "names nothing but the organization, and answers nothing of it",
	"billing.Service.Closing":          "names nothing but the organization, and answers nothing of it",
	"billing.Service.Tell":             "names nothing but the organization, and answers nothing of it",
	"billing.Service.Born":             "names nothing but the organization that is made, and answers nothing of it",
	"report.Service.Allowed":           "answers by what billing.Service.Account reads",
	"domain.Service.Room":              "the same, less what domain.Service.List reads",
	"billing.Service.Limits":           "answers by what Account reads",
	"billing.Service.CompareAccounts":  "across organizations: finds whose account to read anew",
	"billing.Service.PassTime":         "across organizations: finds whose grace is due",
	"billing.Service.Reconcile":        "across organizations, for the operator's commands",
	"billing.Service.Deliver":          "stores what the payment provider delivers, which names no organization",
	"billing.Service.Follow":           "finds whose event it is",
	"billing.Service.ForgetEvents":     "removes deliveries whose time is over",
	"billing.Service.OpenEvents":       "about deliveries, for the operator",
	"billing.Service.Replay":           "for the operator's commands",
	"billing.Service.ReplaySince":      "for the operator's commands",
	"audit.Trail.EndOrg":               "names what is being erased; see TestErasedOrganizationLeavesNothing",
	"audit.Trail.EndPerson":            "about a person",
	"audit.Trail.OwnEvents":            "about a person: their own chain",
	"audit.Trail.KeepAnchors":          "across organizations: keeps the ends of all chains",
	"audit.Trail.WriteAnchors":         "across organizations, for the operator's commands",
	"audit.Trail.Verify":               "across organizations, for the operator's commands",
	"audit.Trail.MissingKeys":          "about the keys of all chains",
	"org.Service.All":                  "across organizations, for the operator's commands",
	"org.Service.BySlug":               "across organizations, for the operator's commands",
	"org.Service.Purge":                "across organizations: erases those whose time is up",
	"org.Service.Offers":               "about a person: what waits for their address; see TestInvitationIsForItsAddressAlone",
	"org.Service.Offer":                "one of Offers",
	"org.Service.Create":               "makes an organization of the person's own",
	"org.Service.Leave":                "names nothing but the caller's own membership",
	"org.Service.Delete":               "names nothing but the caller's own organization; see TestErasedOrganizationLeavesNothing",
	"org.Service.Restore":              "names one of the person's own; see TestDeletedOrganizationComesBackForItsOwner",
	"org.Service.End":                  "ends what a person belongs to; see TestEndOfAPersonInOrganizations",
	"org.Service.Depart":               "deletes what the person owns alone; see TestDepartureOfAnAccount",
	"mailbox.Service.DisconnectAll":    "names nothing but the caller's own organization; see TestErasedOrganizationLeavesNothing",
	"export.Service.Handle":            "registers jobs",
	"export.Service.Expire":            "across organizations: removes what is over",
	"export.Service.Own":               "about a person, as are the next ones; see TestOwnExportHoldsWhatIsAboutThePerson",
	"export.Service.AskOwn":            "about a person",
	"export.Service.MakeOwn":           "about a person",
	"export.Service.FetchOwn":          "about a person",
	"instance.Service.Database":        "about the database, not what is in it",
	"instance.Service.Organizations":   "across organizations: counts, see TestOperatorSeesCountsAndNothingOfCustomers",
	"mailbox.Service.Dispatch":         "across organizations: finds what is due",
	"mailbox.Service.DispatchLoop":     "Dispatch, over and over",
	"mailbox.Service.ForgetDrafts":     "across organizations: removes what is over",
	"keyring.*":                        "across organizations: counts values by their keys and changes keys, for the operator",
	"mailbox.Service.BeginGrant":       "keeps everything in a sealed cookie",
	"mailbox.Service.GrantErrand":      "reads that cookie",
	"mailbox.Service.CompleteGrant":    "names what RenewGrant has put into that cookie; see TestNobodyElseCompletesAGrant",
	"report.Service.Survey":            "reads a mail without the database",
	"sender.Service.Find":              "across organizations: keeps facts of addresses, and finds whose to identify",
	"report.Service.EnsureMonths":      "makes partitions, for all",
	"report.Service.ExpireReports":     "across organizations: removes what is over",
	"report.Service.DropMonths":        "drops partitions, for all",
	"report.Service.Filler":            "makes demonstrations, for the operator's commands",
	"report.Service.Rebuild":           "names nothing but the organization, for the operator's commands",
	"report.Service.Check":             "names nothing but the organization, for the operator's commands",
	"org.Service.Settle":               "makes an organization, for the operator's commands",
	"sender.Service.Learn":             "facts of addresses, shared by all",
	"report.Service.ExpireOriginals":   "across organizations: removes what is over",
	"report.Service.FindPlanHeld":      "across organizations: finds whose reports are held for a plan",
	"report.Service.SumDays":           "across organizations: finds who has days to add up",
	"report.Service.SumSome":           "adds up within the organization that it is told, and answers nothing of it",
	"report.Service.AuthenticateAgain": "across organizations: finds whose mails to ask about again",
	"failurereport.Service.Expire":     "across organizations: removes what is over",
	"tlsreport.Store":                  "stores what report.Service.Import and Read bring",
	"failurereport.Store":              "stores what report.Service.Import and Read bring",
}

// Every call that reaches the database is asked for foreign things, or says
// why not: a new one fails here until it does.
func TestEveryCallOfAStoreIsLookedAt(t *testing.T) {
	t.Parallel()
	calls := slices.Concat(methodsOfServices(t), functionsOfStores(t))
	if len(calls) < 70 {
		t.Fatalf("only %d calls were found", len(calls))
	}
	listed := map[string]bool{}
	names := slices.Concat(slices.Collect(maps.Keys(reads)), slices.Collect(maps.Keys(apart)))
	for _, w := range writes {
		names = append(names, w.name)
	}
	for _, name := range names {
		if listed[name] {
			t.Errorf("%s is listed twice", name)
		}
		listed[name] = true
	}
	for _, name := range calls {
		slice, _, _ := strings.Cut(name, ".")
		if !listed[name] && !listed[slice+".*"] {
			t.Errorf("%s is not asked for foreign things: add it to reads or writes, or to apart with the reason", name)
		}
	}
	for name := range listed {
		if !strings.HasSuffix(name, ".*") && !slices.Contains(calls, name) {
			t.Errorf("%s is listed, and there is no such call", name)
		}
	}
}

// methodsOfServices are the methods of every service that the program wires.
func methodsOfServices(t *testing.T) (names []string) {
	t.Helper()
	wired := reflect.TypeFor[app.App]()
	for i := range wired.NumField() {
		service := wired.Field(i).Type
		if service.Kind() != reflect.Pointer || service.Elem().Name() != "Service" && service.Elem().Name() != "Trail" {
			continue
		}
		for m := range service.NumMethod() {
			names = append(names, service.Elem().String()+"."+service.Method(m).Name)
		}
	}
	return names
}

// functionsOfStores are the exported functions, in packages with a store, that
// work within a transaction or a batch of queries.
func functionsOfStores(t *testing.T) (names []string) {
	t.Helper()
	stores, err := filepath.Glob("../*/store*.go")
	if err != nil {
		t.Fatal(err)
	}
	dirs := map[string]bool{}
	for _, store := range stores {
		dirs[filepath.Dir(store)] = true
	}
	for dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range tree.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() && takesTransaction(f) {
					names = append(names, filepath.Base(dir)+"."+f.Name.Name)
				}
			}
		}
	}
	return names
}

func takesTransaction(f *ast.FuncDecl) bool {
	return slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		kind := p.Type
		if star, ok := kind.(*ast.StarExpr); ok {
			kind = star.X
		}
		s, ok := kind.(*ast.SelectorExpr)
		return ok && (s.Sel.Name == "Tx" || s.Sel.Name == "Batch")
	})
}
