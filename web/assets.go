// Package web holds what the browser loads: styles, scripts, fonts and icons,
// built by build.mjs into dist/ and embedded. Templates are in web/ui, number
// and time formats in web/format, mails in web/mail.
package web

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// Prefix is the path under which Handler is to be mounted.
const Prefix = "/assets/"

//go:embed all:dist
var dist embed.FS

// manifest maps plain names to hashed ones; read once, never changed.
var manifest = sync.OnceValues(func() (map[string]string, error) {
	raw, err := dist.ReadFile("dist/manifest.json")
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	if err := json.Unmarshal(raw, &names); err != nil {
		return nil, fmt.Errorf("read dist/manifest.json: %w", err)
	}
	return names, nil
})

// Check reports whether the assets were built before this binary was; its
// error tells how to build them.
func Check() error {
	_, err := manifest()
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("the web assets are not built into this binary: run `make assets` (needs Node.js 20 or newer), then build again")
	}
	return err
}

// Asset returns the path of the asset with a plain name, for example
// "style.css". The path changes with the content, so it is cached for ever.
// Without built assets it is a path that answers 404; Check tells why.
func Asset(name string) string {
	names, err := manifest()
	if err == nil && names[name] != "" {
		return Prefix + names[name]
	}
	return Prefix + name
}

// The types are listed here because slim systems have no table of them.
var types = map[string]string{
	".css":     "text/css; charset=utf-8",
	".geojson": "application/geo+json",
	".js":      "text/javascript; charset=utf-8",
	".svg":     "image/svg+xml",
	".woff2":   "font/woff2",
}

// Handler serves the hashed assets below Prefix with a year's caching, in the
// smallest encoding that the browser takes.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, Prefix)
		contentType := types[path.Ext(name)]
		if contentType == "" || strings.Contains(name, "/") {
			http.NotFound(w, r)
			return
		}
		body, encoding, err := open(name, r.Header.Get("Accept-Encoding"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Vary", "Accept-Encoding")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Length", fmt.Sprint(len(body)))
		if encoding != "" {
			h.Set("Content-Encoding", encoding)
		}
		_, _ = w.Write(body) //nolint:gosec // our own embedded file, under a fixed type; an error means that the browser has gone
	})
}

func open(name, accepted string) (body []byte, encoding string, err error) {
	for _, twin := range []struct{ suffix, encoding string }{{".br", "br"}, {".gz", "gzip"}} {
		if !strings.Contains(accepted, twin.encoding) {
			continue
		}
		if body, err := dist.ReadFile("dist/" + name + twin.suffix); err == nil {
			return body, twin.encoding, nil
		}
	}
	body, err = dist.ReadFile("dist/" + name)
	return body, "", err
}
