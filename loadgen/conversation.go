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

// begin begins a turn, which is to be carried out.
func (c *conversation) begin() *client.Turn {
	c.hub.turn.Reset(clock.Now())
	return &c.hub.turn
}

// carryOut sends what the client wants sent.
func (c *conversation) carryOut(t *client.Turn) {
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
	c.hangUp(line)
	c.owner.opening(line)
	if line == client.Main {
		c.conns[line] = c.hub.loop.Dial((*mainLine)(c), c.address)
	} else {
		c.conns[line] = c.hub.loop.Dial((*postLine)(c), c.address)
	}
}

func (c *conversation) hangUp(line client.Line) {
	if conn := c.conns[line]; conn != nil {
		conn.Close()
		c.conns[line] = nil
	}
}

// mainLine and postLine are a conversation as its connections see it.
type (
	mainLine conversation
	postLine conversation
)

func (m *mainLine) Connected(*loop.Conn) { (*conversation)(m).connected(client.Main) }
func (m *postLine) Connected(*loop.Conn) { (*conversation)(m).connected(client.Post) }

func (m *mainLine) Received(_ *loop.Conn, b []byte) (used, need int) {
	return (*conversation)(m).received(client.Main, b)
}

func (m *postLine) Received(_ *loop.Conn, b []byte) (used, need int) {
	return (*conversation)(m).received(client.Post, b)
}

func (m *mainLine) Ended(_ *loop.Conn, rest []byte, err error) {
	(*conversation)(m).ended(client.Main, rest, err)
}

func (m *postLine) Ended(_ *loop.Conn, rest []byte, err error) {
	(*conversation)(m).ended(client.Post, rest, err)
}

func (c *conversation) connected(line client.Line) {
	t := c.begin()
	c.client.Open(t, line)
	c.carryOut(t)
}

func (c *conversation) received(line client.Line, b []byte) (used, need int) {
	t := c.begin()
	used = c.client.Receive(t, line, b)
	need = t.Need
	c.carryOut(t)
	return used, need
}

func (c *conversation) ended(line client.Line, rest []byte, err error) {
	c.conns[line] = nil
	t := c.begin()
	c.client.End(t, line, rest, err)
	c.carryOut(t)
}

// close says goodbye and drops the connections.
func (c *conversation) close() {
	t := c.begin()
	c.client.Close(t)
	c.carryOut(t)
	c.hangUp(client.Main)
	c.hangUp(client.Post)
}
