package certs

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Files is a certificate in files.
type Files struct {
	chain, key string
	log        *slog.Logger

	mu     sync.Mutex
	loaded *tls.Certificate
	stamp  [2]stamp // of what was read last
}

// stamp tells a file from what it was before.
type stamp struct {
	at   time.Time
	size int64
}

// OpenFiles reads a certificate, with its chain, and its key, both in PEM
// form. Errors do not repeat the paths.
func OpenFiles(chain, key string, log *slog.Logger) (*Files, error) {
	f := &Files{chain: chain, key: key, log: log}
	stamp, err := f.look()
	if err != nil {
		return nil, err
	}
	f.stamp = stamp
	if f.loaded, err = f.load(); err != nil {
		return nil, err
	}
	return f, nil
}

// GetCertificate implements Source: the certificate as it is in the files now.
// What cannot be read there leaves the last one in force.
func (f *Files) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	stamp, err := f.look()
	if err == nil && stamp == f.stamp {
		return f.loaded, nil
	}
	var fresh *tls.Certificate
	if err == nil {
		fresh, err = f.load()
	}
	switch {
	case err == nil:
		f.loaded = fresh
		f.log.Info("the certificate was read again")
	case stamp != f.stamp: // once for each change
		f.log.Error("the certificate has changed and cannot be read; the last one stays", "error", err)
	}
	f.stamp = stamp
	return f.loaded, nil
}

func (f *Files) look() (s [2]stamp, err error) {
	for i, path := range []string{f.chain, f.key} {
		info, err := os.Stat(path)
		if err != nil {
			return s, unreadable(err)
		}
		s[i] = stamp{info.ModTime(), info.Size()}
	}
	return s, nil
}

func (f *Files) load() (*tls.Certificate, error) {
	chain, err := os.ReadFile(f.chain)
	if err != nil {
		return nil, unreadable(err)
	}
	key, err := os.ReadFile(f.key)
	if err != nil {
		return nil, unreadable(err)
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return nil, fmt.Errorf("hold no certificate and its key in PEM form: %w", err)
	}
	return &pair, nil
}

// unreadable is a failure of the file system without the path.
func unreadable(err error) error { return fmt.Errorf("cannot be read: %w", errors.Unwrap(err)) }
