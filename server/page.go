package server

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"net/http"
	"path"
	"time"

	"github.com/pollpush/pollpush/internal/web"
)

// The page is in the binary, and in memory only once somebody asks for it.
// vendor/ holds what npm has fetched before the build, if it has: without the
// official Socket.IO client the page does without Socket.IO, and says so.
//
//go:embed page
var pageFiles embed.FS

// pageTypes says what is served: the machine's own table of types may lack one.
var pageTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// pagePolicy lets the page use nothing but what this server serves. That
// connect-src 'self' covers WebSockets is CSP 3, which browsers of today speak.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// servePage serves a file that the chat page consists of.
func servePage(w http.ResponseWriter, r *http.Request, name string) {
	content, err := pageContent(name)
	contentType, ok := pageTypes[path.Ext(name)]
	if err != nil || !ok {
		refuse(w, http.StatusNotFound, "the page has no file "+name)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	// Asked for again each time, and answered by 304 until another build serves.
	h.Set("Cache-Control", "no-cache")
	sum := sha256.Sum256(content)
	h.Set("Etag", fmt.Sprintf(`"%x"`, sum[:8]))
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}

// pageContent is a file of this page, or one that all pages share.
func pageContent(name string) ([]byte, error) {
	if text, ok := web.Files()[name]; ok {
		return []byte(text), nil
	}
	return pageFiles.ReadFile("page/" + name)
}
