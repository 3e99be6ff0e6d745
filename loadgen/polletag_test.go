package loadgen

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestPollETag(t *testing.T) {
	d := newDesk(t)
	client, m := d.dial(t, DialPollETag, 40)
	c := client.(Poller)
	for _, step := range []struct {
		asks, condition string // what the poll asks
		status          int
		etag, body      string
		ids             string
	}{
		{asks: "after=40&limit=1000", status: 200, etag: `"43"`, body: page(41, 42, 43), ids: "[41 42 43]"},
		{asks: "after=43&limit=1000", condition: `"43"`, status: 304, etag: `"43"`, ids: "[]"},
		{asks: "after=43&limit=1000", condition: `"43"`, status: 304, ids: "[]"},
		{asks: "after=43&limit=1000", condition: `"43"`, status: 200, etag: `W/"xyz-44"`, body: page(44), ids: "[44]"},
		{asks: "after=44&limit=1000", condition: `W/"xyz-44"`, status: 503, body: "busy"},
		{asks: "after=44&limit=1000", condition: `W/"xyz-44"`, status: 200, body: page(), ids: "[]"},
		{asks: "after=44&limit=1000", status: 304}, // without a condition
	} {
		assert.NilError(t, c.Poll())
		var header []string
		if step.etag != "" {
			header = []string{"ETag", step.etag}
		}
		r := d.answer(step.status, step.body, header...)
		if r.URL.RawQuery != step.asks || r.Header.Get("If-None-Match") != step.condition {
			t.Errorf("asked for %s if none matches %q, want %s and %q", r.URL.RawQuery, r.Header.Get("If-None-Match"), step.asks, step.condition)
		}
		ds, err := c.Receive()
		if step.ids == "" {
			refusedWith(t, err, step.status, step.body)
			continue
		}
		if err != nil || idsOf(t, ds) != step.ids {
			t.Errorf("received %s, %v; want %s", idsOf(t, ds), err, step.ids)
		}
	}
	n := m.read()
	assert.Check(t, n.empty == 3 && n.byStatus[200] == 3 && n.byStatus[304] == 3 && n.byStatus[503] == 1 && n.requests == 7, "counted %+v", n)
}

// Without tags it is plain polling, which must not be measured as this.
func TestNoETag(t *testing.T) {
	d := newDesk(t)
	c, _ := d.dial(t, DialPollETag, 0)
	assert.NilError(t, c.(Poller).Poll())
	d.answer(200, page(1))
	ds, err := c.Receive()
	assert.Check(t, errors.Is(err, errNoETag), "got %v, %v; want %v", ds, err, errNoETag)
}

// A server's tag goes back to it in a header, so it must be one.
func TestETagsThatCannotBeSentBack(t *testing.T) {
	for _, etag := range []string{`43`, `"43`, `"`, `W/43`, `w/"43"`, `"4"3"`, "\"4\n3\"", `"4 3"`, `"` + strings.Repeat("x", maxETag) + `"`} {
		b := []byte("HTTP/1.1 200 OK\r\nETag: " + etag + "\r\nContent-Length: 0\r\n\r\n")
		r, ok, err := parseResponse(b, false)
		assert.Check(t, ok && err == nil && !isETag(r.field("etag")), "%.40q was taken for an ETag (%v, %v)", etag, ok, err)
	}
	d := newDesk(t)
	c, _ := d.dial(t, DialPollETag, 0)
	assert.NilError(t, c.(Poller).Poll())
	d.answer(200, page(), "ETag", "43")
	_, err := c.Receive()
	assert.Check(t, errors.Is(err, errMalformed), "got %v, want a malformed answer", err)
}

// What is sent back must come out as it was, and nothing beside it.
func FuzzETag(f *testing.F) {
	for _, etag := range []string{`"43"`, `W/"43"`, `""`, `"a"b"`, "\"\r\nX: y\"", `*`} {
		f.Add([]byte(etag))
	}
	f.Fuzz(func(t *testing.T, etag []byte) {
		if !isETag(etag) {
			return
		}
		c := pager{etag: etag}
		c.host, c.target.Room = "host:1", "lobby"
		c.render()
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.request)))
		assert.Check(t, err == nil && r.Header.Get("If-None-Match") == string(etag) && len(r.Header) == 3, "%q was sent as %+v, %v", etag, r, err)
	})
}
