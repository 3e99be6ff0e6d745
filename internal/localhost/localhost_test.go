package localhost

import (
	"net"
	"strings"
	"testing"
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
		if _, err := Dial(t.Context(), &net.Dialer{}, "tcp", "localhost:"+port); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("nobody listens: %v", err)
		}
	}
	if _, err := Dial(t.Context(), &net.Dialer{}, "tcp", "localhost"); err == nil {
		t.Error("dialled without a port")
	}
}
