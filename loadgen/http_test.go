package loadgen

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

var responses = map[string]string{
	"length":      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	"lower case":  "HTTP/1.1 201 Created\r\ncontent-length:5\r\nconnection: close\r\n\r\nhello",
	"empty body":  "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
	"no body":     "HTTP/1.1 304 Not Modified\r\nETag: \"7\"\r\n\r\n",
	"no content":  "HTTP/1.1 204 No Content\r\n\r\n",
	"chunks":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
	"trailer":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
	"no reason":   "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok",
	"just status": "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
	"the last":    "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok",
	"of a list":   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x-thing,\tclose\r\n\r\nok",
	"kept":        "HTTP/1.1 200 OK\r\nConnection: keep-alive, closed\r\nContent-Length: 2\r\n\r\nok",
	"of 1.0":      "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
	"1.0 kept":    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
}

// net/http is the judge of what a response says.
func TestParseResponseAgreesWithNetHTTP(t *testing.T) {
	for name, text := range responses {
		t.Run(name, func(t *testing.T) {
			want, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
			assert.NilError(t, err)
			body, err := io.ReadAll(want.Body)
			assert.NilError(t, err)
			for _, interim := range []string{"", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 7\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 X\r\n\r\n"} {
				got, ok, err := parseResponse([]byte(interim+text+"HTTP/1.1 500"), false)
				assert.Assert(t, ok && err == nil, "ok %v, %v", ok, err)
				if size := len(interim + text); got.status != want.StatusCode || !bytes.Equal(got.body, body) || got.size != size || got.last != want.Close {
					t.Errorf("got %d %q size %d, the last: %v; want %d %q size %d, %v",
						got.status, got.body, got.size, got.last, want.StatusCode, body, size, want.Close)
				}
			}
		})
	}
}

// A body whose length the head does not tell is whole when the connection ends.
func TestParseResponseUntilTheEnd(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
	for _, body := range []string{"", "hello"} {
		r, ok, err := parseResponse([]byte(head+body), false)
		assert.Check(t, !ok && err == nil && r.open, "%q before the end: %+v, %v, %v", body, r, ok, err)
		r, ok, err = parseResponse([]byte(head+body), true)
		assert.Check(t, ok && err == nil && string(r.body) == body && r.size == len(head+body), "%q at the end: %+v, %v, %v", body, r, ok, err)
	}
}

func TestParseResponseWaitsForTheRest(t *testing.T) {
	for name, text := range responses {
		for n := range len(text) {
			r, ok, err := parseResponse([]byte(text[:n]), false)
			assert.Check(t, !ok && err == nil, "%s: %d of %d bytes gave %+v, %v, %v", name, n, len(text), r, ok, err)
		}
	}
}

func TestParseResponseRefuses(t *testing.T) {
	for _, text := range []string{
		"HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 999 X\r\n\r\n", "HTTP/1.1 2000 X\r\n\r\n", "hello\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", strings.Repeat("x", maxHeader+1),
		strings.Repeat("HTTP/1.1 103 X\r\n\r\n", maxHeader/18+1),
	} {
		r, ok, err := parseResponse([]byte(text), false)
		assert.Check(t, errors.Is(err, errMalformed), "%.60q gave %+v, %v, %v; want a malformed answer", text, r, ok, err)
	}
}

func TestResponseFields(t *testing.T) {
	r, ok, err := parseResponse([]byte("HTTP/1.1 304 Not Modified\r\nETag:  \"43\" \r\netag: \"44\"\r\nRETRY-AFTER:\t60\r\nX:\r\n\r\n"), false)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	for name, want := range map[string]string{"etag": `"43"`, "retry-after": "60", "x": "", "tag": "", "content-type": ""} {
		assert.Check(t, is.Equal(string(r.field(name)), want), "%s is", name)
	}
}

func FuzzParseResponse(f *testing.F) {
	for _, text := range responses {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok, err := parseResponse(bytes.Clone(b), len(b)%2 == 0)
		assert.Assert(t, err == nil || !ok, "a response and an error")
		if ok && (r.size > len(b) || r.size < 1 || len(r.body) > r.size || r.status < 100 || r.status > 599) {
			t.Fatalf("%+v of %d bytes", r, len(b))
		}
	})
}

// However a chunked body is cut, its data come out as net/http has them.
func FuzzFraming(f *testing.F) {
	for _, body := range []string{"3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", "0\r\n\r\n", "1\r\na\r\r\n", " a \r\n0123456789\r\n0\r\n\r\n"} {
		f.Add(body, []byte{1, 2, 3, 4})
	}
	f.Fuzz(func(t *testing.T, text string, cuts []byte) {
		read := func(cuts []byte) (got []byte, used int, err error) {
			b := framing{chunked: true}
			come := 0 // bytes of text that have been read
			for i := 0; ; i++ {
				for {
					data, size, err := b.next([]byte(text[used:come]))
					if got, used = append(got, data...), used+size; err != nil {
						return got, used, err
					}
					if len(data) == 0 {
						break
					}
				}
				if come == len(text) {
					return got, used, io.ErrUnexpectedEOF
				}
				if come++; i < len(cuts) {
					come = min(come+int(cuts[i]), len(text))
				}
			}
		}
		got, used, err := read(cuts)
		wholeGot, wholeUsed, wholeErr := read(nil)
		if !bytes.Equal(got, wholeGot) || used != wholeUsed && err == io.EOF || (err == io.EOF) != (wholeErr == io.EOF) {
			t.Fatalf("%q: in pieces %q, %d, %v; byte by byte %q, %d, %v", text, got, used, err, wholeGot, wholeUsed, wholeErr)
		}
		if err != io.EOF {
			return
		}
		joined, size, ok, err := joinChunks([]byte(text))
		if !ok || err != nil || !bytes.Equal(joined, got) || size != used {
			t.Errorf("%q joined: %q, %d, %v, %v; in pieces %q, %d", text, joined, size, ok, err, got, used)
		}
		want, err := io.ReadAll(httputil.NewChunkedReader(strings.NewReader(text)))
		assert.Check(t, err != nil || bytes.Equal(got, want), "%q: %q, net/http has %q", text, got, want)
	})
}
