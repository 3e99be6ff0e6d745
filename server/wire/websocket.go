package wire

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

const (
	handshakeTimeout = 10 * time.Second
	// maxLinger is how many bytes more are read from a client that is being
	// sent away: to close with bytes unread would reset the connection, and the
	// close frame could be lost.
	maxLinger = 64 << 20
	// maxPooled is the largest buffer that is kept for reuse.
	maxPooled = 64 << 10
)

// Upgrader answers WebSocket handshakes (RFC 6455). Origins are its caller's
// affair.
type Upgrader struct {
	MaxMessage int  // bytes of one message from a client, in however many frames, also when inflated
	Backlog    int  // bytes that may wait for a client that does not read
	Binary     bool // whether binary messages are welcome
	Deflate    bool // whether to agree on permessage-deflate (RFC 7692)
	// Refuse answers what is no handshake.
	Refuse func(w http.ResponseWriter, status int, detail string)
}

// handshaker has gorilla answer handshakes and then read; frames are written by
// the outbox, and the pool of write buffers stays empty.
var handshaker = websocket.Upgrader{
	HandshakeTimeout: handshakeTimeout,
	ReadBufferSize:   256,
	WriteBufferPool:  &sync.Pool{},
	CheckOrigin:      func(*http.Request) bool { return true },
}

// Upgrade answers a handshake, or refuses what is none. Its caller returns from
// the HTTP handler right after, which gives back what net/http holds for a
// request, and has a goroutine of its own run Serve.
func (u *Upgrader) Upgrade(w http.ResponseWriter, r *http.Request, header http.Header) (*WebSocket, error) {
	if !websocket.IsWebSocketUpgrade(r) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		u.Refuse(w, http.StatusUpgradeRequired, "only WebSockets are served here")
		return nil, errors.New("not a WebSocket handshake")
	}
	deflated := u.Deflate && offersDeflate(r.Header)
	// gorilla agrees to whatever is asked of it, also to what it cannot keep.
	r.Header.Del("Sec-Websocket-Extensions")
	h := handshaker
	h.Error = func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
		u.Refuse(w, status, reason.Error())
	}
	if deflated {
		r.Header.Set("Sec-Websocket-Extensions", "permessage-deflate")
		h.EnableCompression = true
	}
	ws, err := h.Upgrade(w, r, header)
	if err != nil {
		return nil, err
	}
	c, ok := ws.NetConn().(*Conn)
	if !ok {
		ws.Close()
		return nil, errNotOurs
	}
	c.takeOver(u.Backlog, true)
	ws.SetCloseHandler(func(code int, _ string) error {
		if code == websocket.CloseNoStatusReceived && c.frames.endsHalf() {
			code = websocket.CloseProtocolError
		}
		c.outbox.Close(CloseFrame(code, ""))
		return nil
	})
	// Of compressed messages this bounds only what comes; take bounds the rest.
	ws.SetReadLimit(int64(u.MaxMessage))
	return &WebSocket{Outbox: c.outbox, conn: c, ws: ws, upgrader: u, Deflated: deflated}, nil
}

// offersDeflate says whether a client offers permessage-deflate on terms that
// the server can keep: it has no way to compress with a smaller window.
func offersDeflate(h http.Header) bool {
	for offer := range strings.SplitSeq(strings.Join(h.Values("Sec-Websocket-Extensions"), ","), ",") {
		name, parameters, _ := strings.Cut(offer, ";")
		if strings.TrimSpace(name) != "permessage-deflate" {
			continue
		}
		if !strings.Contains(parameters, "server_max_window_bits") {
			return true
		}
	}
	return false
}

// WebSocket is the server's end of one. It is written to by its outbox, and read
// by Serve.
type WebSocket struct {
	*Outbox
	Deflated bool // permessage-deflate is agreed on: AppendDeflated may be written

	conn     *Conn
	ws       *websocket.Conn // to read with
	upgrader *Upgrader
}

// CloseError is returned by what takes a WebSocket's messages, to close it.
type CloseError struct {
	Code   int
	Reason string
}

func (e *CloseError) Error() string { return fmt.Sprintf("closed with %d %s", e.Code, e.Reason) }

// Errors of a peer that breaks a rule.
var (
	errBinary  = &CloseError{websocket.CloseUnsupportedData, "text frames only"}
	errNotUTF8 = &CloseError{websocket.CloseInvalidFramePayloadData, "not UTF-8"}
	errTooBig  = &CloseError{websocket.CloseMessageTooBig, ""}
)

// Heard says whether anything has come from the peer since it was last asked.
func (k *WebSocket) Heard() bool { return k.conn.Heard() }

// Serve hands every message to take, whose body holds until it returns, until
// the connection ends or take returns an error: as a [CloseError] says the socket
// is closed. A peer that breaks the protocol or a limit is closed as RFC 6455
// says. The connection is closed when Serve returns; where take panics, it is
// closed with 1011 and the panic goes on.
func (k *WebSocket) Serve(take func(kind int, body []byte) error) error {
	for {
		// Here it waits, in goroutines by the thousand: in few and small frames, with
		// which the stack stays at 2 KiB.
		kind, r, err := k.ws.NextReader()
		if err == nil {
			err = k.whole(kind, r, take)
		}
		if err != nil {
			return k.end(err)
		}
	}
}

// end sends the peer away where err calls for it, closes the connection, and
// returns err.
func (k *WebSocket) end(err error) error {
	k.sendAway(err)
	var closed *websocket.CloseError // also where there was no close frame
	if !errors.As(err, &closed) && k.is(closing) {
		k.linger()
	}
	k.Drop()
	return err
}

// Drop closes the connection, and forgets what is pending.
func (k *WebSocket) Drop() {
	k.Abandon()
	k.conn.Close()
}

// inbound is a buffer for one message, and what bounds it: one allocation less
// than io.LimitReader.
type inbound struct {
	bytes.Buffer
	limited io.LimitedReader
}

var inbounds = sync.Pool{New: func() any { return new(inbound) }}

// whole reads one message and hands it on.
func (k *WebSocket) whole(kind int, r io.Reader, take func(kind int, body []byte) error) error {
	if kind == websocket.BinaryMessage && !k.upgrader.Binary {
		return errBinary
	}
	in := inbounds.Get().(*inbound)
	defer func() {
		if p := recover(); p != nil {
			k.Outbox.Close(CloseFrame(websocket.CloseInternalServerErr, "the server failed"))
			k.Drop()
			panic(p)
		}
		if in.limited.R = nil; in.Cap() <= maxPooled {
			in.Reset()
			inbounds.Put(in)
		}
	}()
	limit := k.upgrader.MaxMessage
	in.limited = io.LimitedReader{R: r, N: int64(limit) + 1}
	switch _, err := in.ReadFrom(&in.limited); {
	case in.Len() > limit:
		return errTooBig
	case err != nil:
		return err
	case kind == websocket.TextMessage && !utf8.Valid(in.Bytes()):
		return errNotUTF8
	}
	return take(kind, in.Bytes())
}

// sendAway closes the socket with the code that err calls for, unless the
// connection has ended or gorilla has done it.
func (k *WebSocket) sendAway(err error) {
	var closing *CloseError
	var corrupt flate.CorruptInputError
	switch {
	case errors.As(err, &closing):
		k.Outbox.Close(CloseFrame(closing.Code, closing.Reason))
	case errors.Is(err, websocket.ErrReadLimit):
		k.Outbox.Close(CloseFrame(websocket.CloseMessageTooBig, "")) // gorilla has, mostly
	case errors.As(err, &corrupt):
		k.Outbox.Close(CloseFrame(websocket.CloseInvalidFramePayloadData, "not inflatable"))
	}
}

// linger reads on, to nowhere, until the peer has seen the close frame and
// closes, or closeGrace, which began with that frame, is over.
func (k *WebSocket) linger() {
	if k.Wait(closeGrace) != ErrStalled {
		k.conn.CloseWrite()
	}
	io.CopyN(io.Discard, k.conn, maxLinger)
}
