package main

import (
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// files lists what parse and import read below the paths, in the order of
// their names: what a path names itself, whatever it is; of a folder the
// regular files in it and below it; of a Maildir the mails that were delivered,
// not those on their way into it (tmp) nor what the mail server keeps beside
// them. An error belongs to the name beside it; the others follow.
func files(paths []string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, path := range paths {
			if !walk(path, yield) {
				return
			}
		}
	}
}

// walk lists the files of one path; false when yield has had enough.
func walk(path string, yield func(string, error) bool) (more bool) {
	if isDir(path) {
		path += string(filepath.Separator) // follows a link, which a folder in a folder does not
	}
	more = true
	maildirs := map[string]bool{}
	_ = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error { // it fails only as this function does
		switch {
		case err != nil:
		case maildirs[filepath.Dir(name)] && serversOwn(entry.Name()):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			if isDir(filepath.Join(name, "cur")) && isDir(filepath.Join(name, "new")) {
				maildirs[filepath.Clean(name)] = true
			}
			return nil
		case name != path && !isFile(name):
			return nil
		}
		if more = yield(name, err); !more {
			return fs.SkipAll
		}
		return nil
	})
	return more
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// serversOwn tells, of the names in a Maildir, those that are no mail: tmp, and
// the indexes, lists and filters of mail servers.
func serversOwn(name string) bool {
	switch name {
	case "tmp", "subscriptions", "sieve":
		return true
	}
	for _, prefix := range [...]string{"dovecot", ".dovecot", "courier", "maildir", "shared-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
