package codec

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// messageJSON is a message as servers send it.
func messageJSON(id int, text string) string {
	return fmt.Sprintf(`{"id":%d,"room":"lobby","user":"ada","text":"%s","at":1763850000123}`, id, text)
}

// cut cuts b into pieces as long as cuts says, and the rest.
func cut(b, cuts []byte) (pieces [][]byte) {
	for _, n := range cuts {
		n := min(int(n), len(b))
		pieces, b = append(pieces, b[:n]), b[n:]
	}
	return append(pieces, b)
}

// The largest page is 1,000 messages of 4,096 bytes, each byte an escape. It can
// come with its length, in chunks, in one frame, compressed, and in one event each.
func TestTheLargestAnswers(t *testing.T) {
	const count = 1000
	text := strings.Repeat(`\u0001`, 4096)
	var messages []string
	var events strings.Builder
	for i := range count {
		messages = append(messages, messageJSON(i+1, text))
		fmt.Fprintf(&events, "id: %d\ndata: %s\n\n", i+1, messages[i])
	}
	array := "[" + strings.Join(messages, ",") + "]"
	page := `{"messages":` + array + `,"last":1000}`
	var chunks strings.Builder
	for rest := []byte(page); len(rest) > 0; {
		n := min(4096, len(rest))
		fmt.Fprintf(&chunks, "%x\r\n%s\r\n", n, rest[:n])
		rest = rest[n:]
	}
	response := func(field, body string) func() ([]Delivery, error) {
		return func() ([]Delivery, error) {
			r, _, ok, err := new(Reader).Read([]byte("HTTP/1.1 200 OK\r\n"+field+"\r\n\r\n"+body), false)
			assert.Assert(t, ok && err == nil, "%v, %v", ok, err)
			return ScanPage(nil, r.Body)
		}
	}
	for name, read := range map[string]func() ([]Delivery, error){
		"a page":           response(fmt.Sprint("Content-Length: ", len(page)), page),
		"a page in chunks": response("Transfer-Encoding: chunked", chunks.String()+"0\r\n\r\n"),
		"a frame": func() ([]Delivery, error) {
			f, ok, err := ParseFrame(serverFrame(0x80|OpText, array), false)
			assert.Assert(t, ok && err == nil, "%v, %v", ok, err)
			return ScanMessages(nil, f.Payload)
		},
		"a compressed message": func() ([]Delivery, error) {
			b, err := new(Inflater).Inflate(&Deflate{}, newPacker(t, flate.BestSpeed, false).pack(array))
			assert.NilError(t, err)
			return ScanMessages(nil, b)
		},
		"events": func() (ds []Delivery, err error) {
			var s EventStream
			for rest := []byte(events.String()); len(rest) > 0; {
				e, size, ok, err := s.Next(rest)
				assert.Assert(t, ok && err == nil, "%v, %v", ok, err)
				d, _, err := ScanMessage(e.Data)
				assert.NilError(t, err)
				ds, rest = append(ds, d), rest[size:]
			}
			return ds, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			ds, err := read()
			assert.Assert(t, err == nil && len(ds) == count, "%d messages, %v", len(ds), err)
			for i, d := range ds {
				assert.Assert(t, d.ID == uint64(i+1) && len(d.Text) == len(text), "message %d is %d of %d bytes", i+1, d.ID, len(d.Text))
			}
		})
	}
}

// packer compresses messages as servers do.
type packer struct {
	flate *flate.Writer
	out   bytes.Buffer
	keeps bool // its window, from message to message
}

func newPacker(t testing.TB, level int, keeps bool) *packer {
	t.Helper()
	p := &packer{keeps: keeps}
	var err error
	p.flate, err = flate.NewWriter(&p.out, level)
	assert.NilError(t, err)
	return p
}

func (p *packer) pack(message string) []byte {
	p.out.Reset()
	if !p.keeps {
		p.flate.Reset(&p.out)
	}
	io.WriteString(p.flate, message)
	p.flate.Flush()
	return bytes.Clone(bytes.TrimSuffix(p.out.Bytes(), []byte(tail)))
}
