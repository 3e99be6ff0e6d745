package server

import (
	"bufio"
	"io"
	"net/http"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestIdle(t *testing.T) {
	for _, c := range []struct{ idle, want time.Duration }{
		{0, 2 * time.Minute},
		{-1, 2 * time.Minute},
		{24 * time.Hour, 24 * time.Hour},
	} {
		t.Run(c.idle.String(), func(t *testing.T) {
			assert.Check(t, is.Equal(start(t, Config{Idle: c.idle}).http.IdleTimeout, c.want))
		})
	}
}

// A connection is closed once it has been idle for as long as was said.
func TestIdleConnectionIsClosed(t *testing.T) {
	h := start(t, Config{Idle: time.Millisecond})
	c := h.connect()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	r := bufio.NewReader(c)
	answer, err := http.ReadResponse(r, nil)
	assert.NilError(t, err)
	io.Copy(io.Discard, answer.Body)
	_, err = r.ReadByte()
	assert.Check(t, err == io.EOF, "after the answer: %v, want EOF", err)
}
