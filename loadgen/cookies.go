package loadgen

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// What a server can make a client keep: the least that RFC 6265 (6.1) asks for.
const (
	maxCookies = 50
	maxCookie  = 4096
)

// Cookies are those that a server has set for one client, on whichever of its
// connections: load balancers tell by them where a client belongs. The zero
// value holds none, and a nil one never will. A client talks to one host, and
// below one path: a cookie's Domain, or a Path left out, would decide nothing.
type Cookies struct {
	held atomic.Pointer[[]cookie] // replaced, never changed
}

type cookie struct {
	name, value string
	path        string    // empty for all
	end         time.Time // zero for none
}

func (c cookie) over() bool { return !c.end.IsZero() && !time.Now().Before(c.end) }

// Set takes in a Set-Cookie field's value: it keeps the cookie, or deletes the
// one it replaces. Secure ones are kept where they came by TLS.
func (c *Cookies) Set(field string, byTLS bool) {
	if c == nil || len(field) > maxCookie {
		return
	}
	read, err := http.ParseSetCookie(field)
	if err != nil || read.Secure && !byTLS {
		return
	}
	set := cookie{name: read.Name, value: read.Value, end: read.Expires}
	if read.Quoted {
		set.value = `"` + read.Value + `"`
	}
	if strings.HasPrefix(read.Path, "/") {
		set.path = read.Path
	}
	if read.MaxAge != 0 { // it wins over Expires; negative is at once
		set.end = time.Now().Add(time.Duration(min(read.MaxAge, 1<<30)) * time.Second)
	}
	for {
		old := c.held.Load()
		var kept []cookie
		if old != nil {
			kept = slices.DeleteFunc(slices.Clone(*old), func(o cookie) bool {
				return o.name == set.name && o.path == set.path || o.over()
			})
		}
		if !set.over() && len(kept) < maxCookies {
			kept = append(kept, set)
		}
		if c.held.CompareAndSwap(old, &kept) {
			return
		}
	}
}

// take takes in what a response sets.
func (c *Cookies) take(r response, byTLS bool) {
	for rest := r.fields; len(rest) > 0; {
		name, value, more, err := cutField(rest)
		if err != nil {
			return
		}
		if equalFold(name, "set-cookie") {
			c.Set(string(value), byTLS)
		}
		rest = more
	}
}

// into returns a rendered request with the cookies that belong to its path.
func (c *Cookies) into(request []byte) []byte {
	if c == nil {
		return request
	}
	held := c.held.Load()
	if held == nil {
		return request
	}
	first, rest, _ := bytes.Cut(request, []byte("\r\n"))
	path := pathOf(first)
	var line []byte
	for _, o := range *held {
		if o.over() || !below(path, o.path) {
			continue
		}
		line = append(line, "; "...)
		line = append(line, o.name...)
		line = append(line, '=')
		line = append(line, o.value...)
	}
	if line == nil {
		return request
	}
	return slices.Concat(first, []byte("\r\nCookie: "), line[2:], []byte("\r\n"), rest)
}

// pathOf is what a request line asks for, without the query.
func pathOf(line []byte) string {
	_, target, _ := bytes.Cut(line, []byte(" "))
	return string(target[:max(0, bytes.IndexAny(target, "? "))])
}

// below reports whether a cookie's path covers a request's (RFC 6265, 5.1.4).
func below(path, cover string) bool {
	rest, ok := strings.CutPrefix(path, cover)
	return ok && (rest == "" || rest[0] == '/' || cover == "" || strings.HasSuffix(cover, "/"))
}
