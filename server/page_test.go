package server

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestPageIsServed(t *testing.T) {
	h := start(t, Config{})
	tests := []struct{ path, contentType, part string }{
		{"/", "text/html; charset=utf-8", "<!doctype html>"},
		{"/?room=lobby&via=sse", "text/html; charset=utf-8", "<!doctype html>"},
		{"/page/main.js", "text/javascript; charset=utf-8", "import"},
		{"/page/transports/ws.js", "text/javascript; charset=utf-8", "about:"},
		{"/page/style.css", "text/css; charset=utf-8", "body {"},
		{"/page/palette.css", "text/css; charset=utf-8", ":root"},
		{"/page/format.js", "text/javascript; charset=utf-8", "export"},
		{"/page/icon.svg", "image/svg+xml", "<svg"},
	}
	for _, tt := range tests {
		r := h.do("GET", tt.path, "")
		if r.status != 200 || r.header.Get("Content-Type") != tt.contentType || !strings.Contains(r.body, tt.part) {
			t.Errorf("%s: %d %q %.60q", tt.path, r.status, r.header.Get("Content-Type"), r.body)
			continue
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
				"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options": "nosniff",
			"Referrer-Policy":        "same-origin",
			"Cache-Control":          "no-cache",
		} {
			assert.Check(t, is.Equal(r.header.Get(name), want), "%s: %s", tt.path, name)
		}
		etag := r.header.Get("Etag")
		if again := h.do("GET", tt.path, "", "If-None-Match: "+etag); etag == "" || again.status != 304 || again.body != "" {
			t.Errorf("%s with its ETag %s: %d %.60q, want 304", tt.path, etag, again.status, again.body)
		}
		if head := h.do("HEAD", tt.path, ""); head.status != 200 || head.body != "" || head.header.Get("Content-Length") != fmt.Sprint(len(r.body)) {
			t.Errorf("HEAD %s: %d, Content-Length %s, want that of %d bytes", tt.path, head.status, head.header.Get("Content-Length"), len(r.body))
		}
	}
}

func TestPageServesNothingElse(t *testing.T) {
	h := start(t, Config{})
	for _, p := range []string{
		"/page", "/page/", "/page/transports", "/page/transports/", "/page/nothing.js", "/page/vendor/nothing.js", "/page/vendor/.gitignore",
		"/page/../page.go", "/page/..%2fpage.go", "/page/%2e%2e/page.go", "/page//etc/passwd", "/page/index.html/", "/page/%00.js", "/main.js",
	} {
		if r := h.do("GET", p, ""); r.status != 404 || r.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %q", p, r.status, r.header.Get("Content-Type"))
		}
	}
	if r := h.do("POST", "/", ""); r.status != 405 || r.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST /: %d, Allow %q", r.status, r.header.Get("Allow"))
	}
}

// TestPageHoldsTogether checks that whatever the page refers to is served, all
// but what npm fetches, and that it stays small.
func TestPageHoldsTogether(t *testing.T) {
	refers := regexp.MustCompile(`(?:from|import|src=|href=)\s*['"](\.{0,2}/[^'"]+)['"]`)
	size := 0
	err := fs.WalkDir(pageFiles, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := pageFiles.ReadFile(name)
		if err != nil {
			return err
		}
		size += len(content)
		if path.Dir(name) == "page/vendor" {
			return nil
		}
		_, ok := pageTypes[path.Ext(name)]
		assert.Check(t, ok, "%s is embedded, and not served", name)
		for _, m := range refers.FindAllStringSubmatch(string(content), -1) {
			target := m[1]
			if strings.HasPrefix(target, ".") {
				target = path.Join("/", path.Dir(name), target)
			}
			if _, err := pageContent(strings.TrimPrefix(target, "/page/")); err != nil {
				t.Errorf("%s refers to %s: %v", name, m[1], err)
			}
		}
		return nil
	})
	assert.NilError(t, err)
	limit := 150 << 10
	assert.Check(t, size <= limit, "the page is %d bytes, more than %d", size, limit)
}
