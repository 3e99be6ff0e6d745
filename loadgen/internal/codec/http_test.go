package codec

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
)

var responses = map[string]string{
	"length":      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	"lower case":  "HTTP/1.1 201 Created\r\ncontent-length:5\r\nconnection: close\r\n\r\nhello",
	"empty body":  "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
	"no body":     "HTTP/1.1 304 Not Modified\r\nETag: \"7\"\r\n\r\n",
	"no content":  "HTTP/1.1 204 No Content\r\n\r\n",
	"chunks":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
	"trailer":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
	"no chunk":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"no reason":   "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok",
	"just status": "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
	"the last":    "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok",
	"of a list":   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x-thing,\tclose\r\n\r\nok",
	"kept":        "HTTP/1.1 200 OK\r\nConnection: keep-alive, closed\r\nContent-Length: 2\r\n\r\nok",
	"of 1.0":      "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
	"1.0 kept":    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
}

// net/http is the judge of what a response says. Whatever part of it is there,
// more is needed, and not more than comes.
func TestReader(t *testing.T) {
	for name, text := range responses {
		for _, interim := range []string{"", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 7\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 X\r\n\r\n"} {
			t.Run(name+"/"+interim[:min(len(interim), 12)], func(t *testing.T) {
				want, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), nil)
				assert.NilError(t, err)
				body, err := io.ReadAll(want.Body)
				assert.NilError(t, err)
				whole := interim + text
				var p Reader
				for n := range whole {
					part := []byte(whole[:n])
					r, need, ok, err := new(Reader).Read(part, false)
					assert.Check(t, !ok && err == nil, "%d of %d bytes gave %+v, %v, %v", n, len(whole), r, ok, err)
					assert.Check(t, need == 0 || need > n && need <= len(whole), "%d bytes need %d of %d", n, need, len(whole))
					_, later, ok, err := p.Read(part, false)
					assert.Check(t, later == need && !ok && err == nil, "with %d bytes, after each one before: %d, %v, %v", n, later, ok, err)
				}
				_, need, ok, err := p.Read([]byte(whole), false)
				assert.Check(t, ok && err == nil && need == 0 && p == (Reader{}), "once all is there: %d, %v, %v", need, ok, err)
				r, need, ok, err := p.Read([]byte(whole+"HTTP/1.1 500"), false)
				assert.Assert(t, ok && err == nil && need == 0, "ok %v, %v, needed %d", ok, err, need)
				if r.Status != want.StatusCode || !bytes.Equal(r.Body, body) || r.Size != len(whole) || r.Last != want.Close || r.Open {
					t.Errorf("got %+v; want %d %q size %d, %v", r, want.StatusCode, body, len(whole), want.Close)
				}
			})
		}
	}
}

// A body whose length the head does not tell is whole when the connection ends.
func TestReaderUntilTheEnd(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
	for _, body := range []string{"", "hello"} {
		var p Reader
		r, need, ok, err := p.Read([]byte(head+body), false)
		assert.Check(t, !ok && err == nil && r.Open && need == 0, "%q before the end: %+v, %v, %v", body, r, ok, err)
		r, _, ok, err = p.Read([]byte(head+body), true)
		assert.Check(t, ok && err == nil && string(r.Body) == body && r.Size == len(head+body), "%q at the end: %+v, %v, %v", body, r, ok, err)
	}
}

func TestReaderRefuses(t *testing.T) {
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, text := range []string{
		"HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 999 X\r\n\r\n", "HTTP/1.1 2000 X\r\n\r\n", "hello\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", chunked + "x\r\n", chunked + "1\r\nabc\r\n0\r\n\r\n", chunked + "ffffffff\r\n",
		chunked + strings.Repeat("x", maxHeader+1), chunked + strings.Repeat("1000000\r\n"+strings.Repeat("x", 1<<24)+"\r\n", 3),
		chunked + "0\r\n" + strings.Repeat("x: "+strings.Repeat("y", 4091)+"\r\n", (maxHeader+MaxBody)/4096+1), "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", MaxBody+1),
		strings.Repeat("x", maxHeader+1), "HTTP/1.1 304 X\r\nX: " + strings.Repeat("x", maxHeader) + "\r\n\r\n", strings.Repeat("HTTP/1.1 103 X\r\n\r\n", maxHeader/18+1),
	} {
		r, need, ok, err := new(Reader).Read([]byte(text), false)
		assert.Check(t, errors.Is(err, ErrMalformed) && !ok, "%.60q gave %d, %v, %v; want a malformed answer", text, r.Status, ok, err)
		assert.Check(t, is.Equal(need, 0), "%.60q needs more", text)
	}
}

// What has been looked at is not looked at again.
func TestReaderLooksAtEachByteOnce(t *testing.T) {
	text := []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("5\r\nhello\r\n", 1000))
	whole := append(bytes.Clone(text), "0\r\n\r\n"...)
	var p Reader
	for n := range text {
		_, need, ok, err := p.Read(text[:n], false)
		assert.Assert(t, n < 50 || need > n && !ok && err == nil, "%d bytes are enough: %v, %v", n, ok, err)
		clear(text[:p.at])
	}
	_, _, ok, err := p.Read(whole, false)
	assert.Check(t, ok && err == nil, "%v, %v", ok, err)
}

func TestResponseFields(t *testing.T) {
	r, _, ok, err := new(Reader).Read([]byte("HTTP/1.1 304 Not Modified\r\nETag:  \"43\" \r\netag: \"44\"\r\nRETRY-AFTER:\t60\r\nX:\r\nset-cookie: a=b\r\nSet-Cookie:c=d; Path=/\r\n\r\n"), false)
	assert.Assert(t, ok && err == nil && r.Sets, "%v, %v", ok, err)
	for name, want := range map[string]string{"etag": `"43"`, "retry-after": "60", "x": "", "tag": "", "content-type": ""} {
		assert.Check(t, is.Equal(string(r.Field(name)), want), "%s is", name)
	}
	assert.Check(t, is.DeepEqual(slices.Collect(r.Cookies), []string{"a=b", "c=d; Path=/"}))
}

func TestRefusal(t *testing.T) {
	for text, want := range map[string]string{
		"HTTP/1.1 404 X\r\nContent-Length: 4\r\n\r\nno \n":              "the server answered 404: no",
		"HTTP/1.1 302 X\r\nLocation: /a\r\nContent-Length: 2\r\n\r\nno": "the server answered 302: a redirect to /a, which is not followed",
		"HTTP/1.1 204 X\r\n\r\n":                                        "the server answered 204",
	} {
		r, _, ok, err := new(Reader).Read([]byte(text), false)
		assert.Check(t, ok && err == nil && r.Refusal().Error() == want, "%q: %v, %v, %v", text, ok, err, r.Refusal())
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 65)
	for name, c := range map[string]struct {
		fields string
		want   map[string]int64
	}{
		"none":              {"", map[string]int64{"": 17}},
		"in lower case":     {"etag:\"7\"\r\ncontent-length: 0\r\n", map[string]int64{"": 17, "Etag": 10, "Content-Length": 19}},
		"one name twice":    {"Set-Cookie: a=b\r\nSET-COOKIE: c=d\r\n", map[string]int64{"": 17, "Set-Cookie": 34}},
		"no name":           {"Content-Length: 0\r\n: x\r\n", map[string]int64{"": 17, "Content-Length": 19, result.OtherHeaders: 5}},
		"no name to be had": {"A\x1b[31m: x\r\nB : y\r\n", map[string]int64{"": 17, result.OtherHeaders: 11 + 7}},
		"too long a name":   {long + ":\r\n", map[string]int64{"": 17, result.OtherHeaders: 68}},
	} {
		t.Run(name, func(t *testing.T) {
			r, _, ok, err := ParseHead([]byte("HTTP/1.1 200 OK\r\n" + c.fields + "\r\n"))
			diff := cmp.Diff(c.want, r.Lines())
			assert.Check(t, ok && err == nil && diff == "", "%v, %v: %s", ok, err, diff)
		})
	}
}

// However a response is cut, it is the same, and no byte too many is needed.
// Its lines add up to the head, and are what a trial may hold.
func FuzzReader(f *testing.F) {
	for _, text := range responses {
		f.Add([]byte(text), []byte{20, 1, 30, 2, 1, 1}, false)
	}
	var many strings.Builder
	for i := range 2 * result.MaxAnswerHeaders {
		fmt.Fprintf(&many, "X-%d: %d\r\n", i, i)
	}
	f.Add([]byte("HTTP/1.1 200 OK\r\n"+many.String()+"\r\nhello"), []byte{}, true)
	f.Fuzz(func(t *testing.T, b, cuts []byte, ended bool) {
		want, _, wantOK, wantErr := new(Reader).Read(bytes.Clone(b), ended)
		assert.Assert(t, wantErr == nil || !wantOK && errors.Is(wantErr, ErrMalformed), "%v, %v", wantOK, wantErr)
		if wantOK && (want.Size > len(b) || want.Size < 1 || len(want.Body) > want.Size || want.Status < 100 || want.Status > 599) {
			t.Fatalf("%+v of %d bytes", want, len(b))
		}
		var p Reader
		var got Response
		var ok bool
		var err error
		n := 0
		for _, piece := range cut(b, cuts) {
			n += len(piece)
			if ok || err != nil {
				break
			}
			var need int
			got, need, ok, err = p.Read(bytes.Clone(b[:n]), ended && n == len(b))
			if need > 0 {
				_, _, early, err := new(Reader).Read(bytes.Clone(b[:min(need-1, len(b))]), false)
				assert.Assert(t, need > n && !ok && !early && err == nil, "%d bytes of %q need %d, but fewer gave %v, %v", n, b, need, early, err)
			}
		}
		assert.Assert(t, ok == wantOK && (err == nil) == (wantErr == nil), "in pieces: %v, %v; whole: %v, %v", ok, err, wantOK, wantErr)
		if diff := cmp.Diff(want, got); ok && diff != "" {
			t.Fatal(diff)
		}
		r, _, ok, err := ParseHead(b)
		if !ok || err != nil {
			return
		}
		sum, lines := int64(2), r.Lines()
		for name, n := range lines {
			assert.Check(t, name == "" || name == result.OtherHeaders || result.IsHeaderName(name), "a name %q", name)
			sum += n
		}
		head := int64(len(r.First) + len(r.Fields) + 4)
		if len(r.Fields) > 0 {
			head += 2
		}
		assert.Check(t, sum == head && len(lines) <= result.MaxAnswerHeaders+1, "%d bytes in lines %v, the head has %d", sum, lines, head)
	})
}

// However a chunked body is cut, its data come out as net/http has them.
func FuzzFraming(f *testing.F) {
	for _, body := range []string{"3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", "0\r\n\r\n", "1\r\na\r\r\n", " a \r\n0123456789\r\n0\r\n\r\n"} {
		f.Add([]byte(body), []byte{1, 2, 3, 4})
		for i := range body {
			f.Add([]byte(body), []byte{byte(i)})
		}
	}
	f.Fuzz(func(t *testing.T, text, cuts []byte) {
		read := func(pieces [][]byte) (got []byte, used int, err error) {
			b := Framing{chunked: true}
			come := 0 // bytes of text that have been read
			for _, piece := range pieces {
				for come += len(piece); ; {
					data, size, err := b.Next(text[used:come])
					if got, used = append(got, data...), used+size; err != nil {
						return got, used, err
					}
					if len(data) == 0 {
						break
					}
				}
			}
			return got, used, io.ErrUnexpectedEOF
		}
		got, used, err := read(cut(text, cuts))
		wholeGot, wholeUsed, wholeErr := read([][]byte{text})
		if !bytes.Equal(got, wholeGot) || used != wholeUsed && err == io.EOF || (err == io.EOF) != (wholeErr == io.EOF) {
			t.Fatalf("%q: in pieces %q, %d, %v; whole %q, %d, %v", text, got, used, err, wholeGot, wholeUsed, wholeErr)
		}
		if err != io.EOF {
			return
		}
		const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		r, _, ok, err := new(Reader).Read(append([]byte(head), text...), false)
		assert.Check(t, ok && err == nil && bytes.Equal(r.Body, got) && r.Size == len(head)+used, "%q joined: %+v, %v, %v; in pieces %q, %d", text, r, ok, err, got, used)
		want, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(text)))
		assert.Check(t, err != nil || bytes.Equal(got, want), "%q: %q, net/http has %q", text, got, want)
	})
}
