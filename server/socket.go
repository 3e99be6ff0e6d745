package server

import (
	"errors"
	"io"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/pollpush/pollpush/internal/chat"
)

const (
	// replayTimeout is how long a client that resumes may take for one frame.
	replayTimeout = 20 * time.Second
	// maxLinger is how many bytes more are read from a client that is being
	// sent away: to close with bytes unread would reset the connection, and the
	// close frame could be lost.
	maxLinger = 1 << 20
)

// socket is one client's WebSocket. It belongs to the goroutine that runs serve,
// which alone reads from it and closes it.
type socket struct {
	server *Server
	room   *chat.Room
	ws     *websocket.Conn // to read with
	conn   *conn
	outbox *outbox // to write with

	received frameScanner
	heard    atomic.Bool // whether the peer has sent anything since the last ping
	slot     int         // in the registry
}

// startSocket takes over ws.
func (s *Server) startSocket(ws *websocket.Conn, room *chat.Room, after uint64) {
	c := ws.NetConn().(*conn)
	outbox, err := newOutbox(c.tcp, s.config.Backlog, &s.tally)
	if err != nil {
		c.Close()
		return
	}
	k := &socket{server: s, room: room, ws: ws, conn: c, outbox: outbox}
	k.heard.Store(true)
	ws.SetReadLimit(maxFrame)
	c.socket = k
	if !s.sockets.add(k) {
		outbox.close(closeFrame(websocket.CloseGoingAway, "shutting down"))
		c.Close()
		return
	}
	s.tally.websockets.Add(1)
	go k.serve(after)
}

func (k *socket) serve(after uint64) {
	defer k.end()
	after, err := k.replay(after)
	if err != nil {
		return
	}
	cancel := k.room.Subscribe(after, k)
	defer cancel()
	if err := k.read(); !hasClosed(err) && k.outbox.isClosing() {
		k.linger()
	}
}

func (k *socket) end() {
	if p := recover(); p != nil {
		k.server.panicked("a WebSocket of room "+k.room.Name(), p)
		k.outbox.close(closeFrame(websocket.CloseInternalServerErr, "the server failed"))
	}
	k.outbox.abandon()
	k.conn.Close()
	k.server.tally.websockets.Add(-1)
	k.server.sockets.remove(k)
}

// Deliver writes a batch to the client. Like all of the outbox it does not wait.
func (k *socket) Deliver(b *chat.Batch) {
	k.server.tally.deliveries.Add(int64(len(b.Messages)))
	k.outbox.write(b.As(textFrames)) // fails where the socket is ending, and read knows
}

// replay sends a client that has missed more than its outbox may hold its
// history at the client's own pace, until what is left can be left to the
// dispatcher. It returns the cursor reached.
func (k *socket) replay(after uint64) (uint64, error) {
	frame := min(maxReplayFrame, k.outbox.limit/2)
	for {
		page, err := k.room.After(after, chat.MaxPage)
		if err != nil {
			return after, err
		}
		size := 0
		for _, m := range page.Messages {
			size += len(m.JSON())
		}
		if size <= k.outbox.limit/2 && len(page.Messages) < chat.MaxPage {
			return after, nil
		}
		if page.Truncated {
			k.outbox.write(appendFrame(nil, websocket.TextMessage, []byte(`{"truncated":true}`)))
		}
		for m := page.Messages; len(m) > 0; {
			n, size := 1, len(m[0].JSON())
			for n < len(m) && size+len(m[n].JSON()) < frame {
				size += len(m[n].JSON())
				n++
			}
			k.server.tally.deliveries.Add(int64(n))
			k.outbox.write(appendMessages(nil, m[:n]))
			if err := k.outbox.wait(replayTimeout); err != nil {
				return after, err
			}
			k.heard.Store(true) // by its acknowledgements; frames are not read yet
			after, m = m[n-1].ID, m[n:]
		}
	}
}

// maxReplayFrame is about how large a frame is that replays history, in bytes.
const maxReplayFrame = 32 << 10

var (
	errBinary  = errors.New("a binary frame")
	errNotUTF8 = errors.New("text that is not UTF-8")
)

// read takes the client's messages until it or the connection ends.
func (k *socket) read() error {
	for {
		kind, r, err := k.ws.NextReader()
		if err != nil {
			return k.sendAway(err)
		}
		if kind != websocket.TextMessage {
			return k.sendAway(errBinary)
		}
		if err := k.take(r); err != nil {
			return k.sendAway(err)
		}
	}
}

// take posts one message and acknowledges it, or says what is wrong with it.
func (k *socket) take(r io.Reader) error {
	buffer := buffers.Get().(*[]byte)
	defer recycle(buffer)
	body, err := appendAll(*buffer, r)
	*buffer = body
	if err != nil {
		return err
	}
	if !utf8.Valid(body) {
		return errNotUTF8
	}
	if !k.outbox.isOpen() {
		return nil // it could not be acknowledged any more
	}
	user, text, err := parseMessage(body)
	if err != nil {
		k.outbox.write(errorFrame(err))
		return nil
	}
	m, err := k.room.Post(user, text)
	if err != nil {
		k.outbox.write(errorFrame(err))
		return nil
	}
	k.server.tally.posted.Add(1)
	k.outbox.write(ackFrame(m.ID))
	return nil
}

// appendAll is io.ReadAll into a buffer that is there already.
func appendAll(b []byte, r io.Reader) ([]byte, error) {
	for {
		if len(b) == cap(b) {
			b = append(b, make([]byte, max(512, cap(b)))...)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
}

// sendAway closes the socket with the code that err calls for, if the peer broke
// a rule, and returns err.
func (k *socket) sendAway(err error) error {
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		k.outbox.close(closeFrame(websocket.CloseMessageTooBig, "")) // gorilla has, mostly
	case err == errBinary:
		k.outbox.close(closeFrame(websocket.CloseUnsupportedData, "text frames only"))
	case err == errNotUTF8:
		k.outbox.close(closeFrame(websocket.CloseInvalidFramePayloadData, "not UTF-8"))
	}
	return err
}

// hasClosed says whether reading ended because the peer has closed.
func hasClosed(err error) bool {
	var closed *websocket.CloseError // also where there was no close frame
	return errors.As(err, &closed)
}

// linger reads on, to nowhere, until the peer has seen the close frame and
// closes, or closeGrace, which began with that frame, is over.
func (k *socket) linger() {
	if k.outbox.wait(closeGrace) != errStalled {
		k.conn.CloseWrite()
	}
	io.CopyN(io.Discard, k.conn, maxLinger)
}

// ping asks the peer for a sign of life, and drops it where it has given none
// since it was last asked.
func (k *socket) ping() {
	if !k.heard.Swap(false) {
		k.outbox.abandon()
		return
	}
	k.outbox.write(pingFrame)
}

var pingFrame = appendFrame(nil, websocket.PingMessage)
