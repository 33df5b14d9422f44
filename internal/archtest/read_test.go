package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "sendvery.com/sendvery/"

// file is what the rules need to know of a Go file.
type file struct {
	name    string // from the top of the repository, with slashes
	imports []string
	calls   []call
}

// call is a selector that is named in the file: time.Now, tx.Exec.
type call struct{ on, name string }

func (f file) dir() string  { return path.Dir(f.name) }
func (f file) test() bool   { return strings.HasSuffix(f.name, "_test.go") }
func (f file) floor() floor { return house[f.dir()] }

// readHouse reads every Go file of the repository but those in ignored
// folders. It reads the files and does not ask go list, so that a cached test
// result is dropped when a file or folder appears, and files for other
// systems are seen too.
func readHouse(t *testing.T, root string) []file {
	t.Helper()
	ignored := ignoredFolders(t, root)
	var files []file
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			base := entry.Name()
			if rel != "." && (base[0] == '.' || base[0] == '_' || base == "testdata" || ignored[rel]) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(rel) != ".go" {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		f, err := readFile(rel, source)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// ignoredFolders are those that .gitignore names from the top.
func ignoredFolders(t *testing.T, root string) map[string]bool {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]bool{}
	for line := range strings.Lines(string(content)) {
		folders[strings.Trim(strings.TrimSpace(line), "/")] = true
	}
	return folders
}

func readFile(name string, source []byte) (file, error) {
	f := file{name: name}
	tree, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
	if err != nil {
		return f, err
	}
	for _, spec := range tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return f, err
		}
		f.imports = append(f.imports, imported)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			c := call{name: s.Sel.Name}
			if x, ok := s.X.(*ast.Ident); ok {
				c.on = x.Name
			}
			f.calls = append(f.calls, c)
		}
		return true
	})
	return f, nil
}
