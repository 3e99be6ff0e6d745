// Package audience has clients of the load generator listen, for tests of servers.
package audience

import (
	"errors"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/loadgen"
)

// Client receives all the time.
type Client struct {
	*loadgen.Client
	Heard <-chan Delivery // closed at the connection's end
}

type Delivery struct {
	ID   uint64
	Text string
	Seen time.Time
}

// Meet dials a target by a transport as ada. A client that polls does so as fast
// as it can. The client is closed at the test's end.
func Meet(t testing.TB, transport string, target loadgen.Target) *Client {
	t.Helper()
	target.User = "ada"
	c, err := loadgen.Dial(t.Context(), transport, target)
	assert.NilError(t, err, transport)
	heard := make(chan Delivery, 1000)
	go listen(c, heard)
	t.Cleanup(func() {
		c.Close()
		for range heard { // until listen has ended
		}
	})
	return &Client{c, heard}
}

func listen(c *loadgen.Client, heard chan<- Delivery) {
	defer close(heard)
	defer c.Close() // lets Publish go
	for {
		if c.Polls() {
			c.Poll()
		}
		deliveries, err := c.Receive()
		for _, d := range deliveries {
			heard <- Delivery{d.ID, string(d.Text), time.Now()}
		}
		var refused *loadgen.AnswerError
		if err != nil && !errors.As(err, &refused) {
			return
		}
	}
}
