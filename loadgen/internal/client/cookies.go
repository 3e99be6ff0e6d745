package client

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pollpush/pollpush/loadgen/internal/codec"
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
type Cookies struct{ held []cookie }

type cookie struct {
	name, value string
	path        string    // empty for all
	end         time.Time // zero for none
}

func (c cookie) over(now time.Time) bool { return !c.end.IsZero() && !now.Before(c.end) }

// Set takes in a Set-Cookie field's value: it keeps the cookie, or deletes the
// one it replaces. Secure ones are kept where they came by TLS.
func (c *Cookies) Set(field string, byTLS bool, now time.Time) {
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
		set.end = now.Add(time.Duration(min(read.MaxAge, 1<<30)) * time.Second)
	}
	c.held = slices.DeleteFunc(c.held, func(o cookie) bool {
		return o.name == set.name && o.path == set.path || o.over(now)
	})
	if !set.over(now) && len(c.held) < maxCookies {
		c.held = append(c.held, set)
	}
}

func (c *Cookies) take(t *Turn, r codec.Response, byTLS bool) {
	if c == nil || !r.Sets {
		return
	}
	for value := range r.Cookies {
		c.Set(value, byTLS, t.wall())
	}
}

func (t *Turn) wall() time.Time { return time.Unix(0, t.Now+t.Ahead) }

// appendTo appends the cookies that belong to a request's path to its header,
// which the request line begins.
func (c *Cookies) appendTo(b, line []byte, now time.Time) []byte {
	if c == nil || len(c.held) == 0 {
		return b
	}
	path, begin := pathOf(line), "Cookie: "
	for _, o := range c.held {
		if o.over(now) || !below(path, o.path) {
			continue
		}
		b = append(b, begin...)
		b = append(b, o.name...)
		b = append(b, '=')
		b = append(b, o.value...)
		begin = "; "
	}
	if begin == "; " {
		b = append(b, "\r\n"...)
	}
	return b
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
