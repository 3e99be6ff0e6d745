package client

import "github.com/pollpush/pollpush/loadgen/internal/codec"

// Counts is what clients count of their conversations. All of one goroutine
// count into one.
type Counts struct {
	Requests   int64 // sent, WebSocket handshakes included
	Unanswered int64 // requests that failed before an answer came
	ByStatus   [600]int64
	Empty      int64 // answers without news
	Lost       int64 // connections that broke off
	Reconnects int64
	FramesIn   int64
	FramesOut  int64
	In, Out    Layers
	Deflate    string // what was agreed of it first, where that was not the usual
	Head       Head
}

// Layers is what is known of the bytes of one direction; see [codec.Tally].
type Layers struct {
	codec.Tally
	Compression int64 // the size of compressed payloads minus that of their content
}

func (l *Layers) Add(t codec.Tally) {
	l.Text += t.Text
	l.Envelope += t.Envelope
}

// Head keeps what the lines of one answer's head take, if that is Wanted.
type Head struct {
	Wanted bool
	Lines  map[string]int64 // bytes by header; see [codec.Response.Lines]
}

// offer records a poll's answer with news, if one is wanted.
func (h *Head) offer(r codec.Response) {
	if h.Wanted {
		h.Wanted, h.Lines = false, r.Lines()
	}
}
