package localhost

import (
	"net"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestDial(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Skip(err) // a machine without IPv6
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		for _, name := range []string{"localhost", "LocalHost"} {
			c, err := Dial(t.Context(), &net.Dialer{}, "tcp", name+":"+port)
			if err != nil {
				t.Errorf("%s, listening on %s: %v", name, address, err)
				continue
			}
			c.Close()
		}
		l.Close()
		_, err = Dial(t.Context(), &net.Dialer{}, "tcp", "localhost:"+port)
		assert.Check(t, err != nil && strings.Contains(err.Error(), "refused"), "nobody listens: %v", err)
	}
	_, err := Dial(t.Context(), &net.Dialer{}, "tcp", "localhost")
	assert.Check(t, err != nil, "dialled without a port")
}
