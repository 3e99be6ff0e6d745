package loadgen

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestCookies(t *testing.T) {
	past, future := time.Now().Add(-time.Hour).UTC(), time.Now().Add(time.Hour).UTC()
	for name, c := range map[string]struct {
		set  []string
		want string // of the Cookie field, on a path below /api/
	}{
		"none":                   {nil, ""},
		"one":                    {[]string{"SRV=one; path=/; HttpOnly"}, "SRV=one"},
		"two":                    {[]string{"a=1", "b=2;Domain=elsewhere.example"}, "a=1; b=2"},
		"a later value":          {[]string{"a=1", "b=2", "a=3"}, "b=2; a=3"},
		"as it was written":      {[]string{`a="x y" ; path="/"`, "b=c=d", "empty="}, `a="x y"; b=c=d; empty=`},
		"deleted by age":         {[]string{"a=1", "b=2", "a=; Max-Age=0"}, "b=2"},
		"deleted by date":        {[]string{"a=1", "a=; Expires=Thu, 01-Jan-1970 00:00:01 GMT"}, ""},
		"deleted long ago":       {[]string{"a=1; expires=" + past.Format(time.RFC1123), "b=1; EXPIRES=" + past.Format(http.TimeFormat), "c=1; Max-Age=9999999999999", "c=1; Max-Age=-1"}, ""},
		"still good":             {[]string{"a=1; expires=" + future.Format(http.TimeFormat), "b=2; max-age=60; Expires=" + past.Format(http.TimeFormat)}, "a=1; b=2"},
		"a date that is none":    {[]string{"a=1; Expires=soon; Max-Age=1e9"}, "a=1"},
		"its path":               {[]string{"a=1; Path=/api", "b=2; Path=/api/", "c=3; Path=/ap", "d=4; Path=/socket.io/", "e=5; Path=x"}, "a=1; b=2; e=5"},
		"by path":                {[]string{"a=1; Path=/", "a=2; Path=/api"}, "a=1; a=2"},
		"only by TLS":            {[]string{"a=1; Secure", "b=2"}, "b=2"},
		"no cookies":             {[]string{"", "a", "=1", " =1", "a=\x00", "a\x7f=1", "big=" + strings.Repeat("x", maxCookie)}, ""},
		"more than a client has": {slices.Repeat([]string{"a=1", "b=2"}, maxCookies), "a=1; b=2"},
	} {
		t.Run(name, func(t *testing.T) {
			var cookies Cookies
			for _, field := range c.set {
				cookies.take(response{fields: []byte("Date: x\r\nset-cookie: " + field)}, false)
			}
			const request = "GET /api/rooms/a/messages?after=1 HTTP/1.1\r\nHost: a\r\n\r\n"
			want := request
			if c.want != "" {
				want = strings.Replace(request, "\r\n", "\r\nCookie: "+c.want+"\r\n", 1)
			}
			assert.Check(t, is.Equal(string(cookies.into([]byte(request))), want), "sent")
		})
	}
}

func TestCookiesAreBounded(t *testing.T) {
	var cookies Cookies
	for i := range 2 * maxCookies {
		cookies.Set(fmt.Sprintf("c%d=1", i), false)
	}
	assert.Check(t, is.Equal(strings.Count(string(cookies.into([]byte("GET / HTTP/1.1\r\n\r\n"))), "=1"), maxCookies), "cookies are kept")
	cookies.Set("safe=1; Secure", true)
	cookies.Set("c0=; Max-Age=0", false)
	cookies.Set("safe=1; Secure", true)
	assert.Check(t, strings.Contains(string(cookies.into([]byte("GET / HTTP/1.1\r\n\r\n"))), "safe=1"), "a cookie set by TLS is not kept")
}
