package loadgen

import (
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/loadgen/internal/client"
	"github.com/pollpush/pollpush/loadgen/internal/loop"
)

// hub is a loop, and what the clients on it share.
type hub struct {
	loop  *loop.Loop
	meter meter
	turn  client.Turn
}

func (h *hub) prepare() (err error) {
	if h.loop, err = loop.New(); err != nil {
		return err
	}
	h.meter.Traffic = &h.loop.Traffic
	h.turn = client.Turn{Counts: &h.meter.Counts, Tools: new(client.Tools), Ahead: clock.Read().Ahead()}
	return nil
}

// dialTimeout bounds how long a client may take to be ready.
const dialTimeout = 10 * time.Second

// conversation is a client with its connections: it carries out what that wants.
type conversation struct {
	hub     *hub
	owner   owner
	client  client.Client
	address *loop.Address
	conns   [client.Lines]*loop.Conn
}

// owner is whom a conversation belongs to. All of it is called on the loop.
type owner interface {
	// opening is told that a line is about to be connected, perhaps again.
	opening(line client.Line)
	// turned takes in a turn's outcome, at an instant. It may begin another turn
	// once it is done with t.
	turned(t *client.Turn, now int64)
}

// step takes one turn, and carries out what the client wants done.
func (c *conversation) step(f func(t *client.Turn)) {
	t := &c.hub.turn
	t.Reset(clock.Now())
	f(t)
	now := t.Now
	if len(t.Deliveries) > 0 || t.Answered || t.Published {
		now = clock.Now() // after parsing, and before anything is sent
	}
	for line := range client.Lines {
		if t.Open[line] {
			c.open(line)
		} else if b := t.Send[line]; len(b) > 0 && c.conns[line] != nil {
			c.conns[line].Write(b)
		}
	}
	c.owner.turned(t, now)
}

// open connects a line, in place of the one that is there.
func (c *conversation) open(line client.Line) {
	c.drop(line)
	c.owner.opening(line)
	c.conns[line] = c.hub.loop.Dial(c, c.address)
	c.conns[line].Tag = int8(line)
}

func (c *conversation) drop(line client.Line) {
	if conn := c.conns[line]; conn != nil {
		conn.Close()
		c.conns[line] = nil
	}
}

func (c *conversation) hangUp() {
	for line := range c.conns {
		c.drop(client.Line(line))
	}
}

func (c *conversation) Connected(conn *loop.Conn) {
	c.step(func(t *client.Turn) { c.client.Open(t, client.Line(conn.Tag)) })
}

func (c *conversation) Received(conn *loop.Conn, b []byte) (used, need int) {
	c.step(func(t *client.Turn) {
		used = c.client.Receive(t, client.Line(conn.Tag), b)
		need = t.Need
	})
	return used, need
}

func (c *conversation) Ended(conn *loop.Conn, rest []byte, err error) {
	line := client.Line(conn.Tag)
	c.conns[line] = nil
	c.step(func(t *client.Turn) { c.client.End(t, line, rest, err) })
}

// close says goodbye and drops the connections.
func (c *conversation) close() {
	c.step(c.client.Close)
	c.hangUp()
}
