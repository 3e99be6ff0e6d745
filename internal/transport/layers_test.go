package transport_test

import (
	"strings"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/loadgen"
)

// Every byte of a conversation is in a layer: the text to the byte, by whichever
// way it comes, and the protocol where it can be worked out by hand.
func TestLayersAddUp(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		const clients, n, size = 5, 9, 200
		url := serve(t)
		var people []*person
		for i := range clients {
			people = append(people, dial(t, tr, loadgen.Target{URL: url, Room: "lobby", User: "ada", Publishes: i == 0}))
		}
		dialled, frames := counted(people, (*loadgen.Client).Bytes), counted(people, (*loadgen.Client).Totals).FramesIn
		for i := range n {
			people[0].publish(strings.Repeat("ä€😀?", size/10))
			for _, p := range people {
				p.until(i + 1)
			}
		}
		for _, p := range people { // so that all that came has been counted
			p.Close()
			if p.pushed != nil {
				for range p.pushed {
				}
			}
		}

		all := counted(people, (*loadgen.Client).Bytes)
		in, out := all.Layers.In, all.Layers.Out
		if totals := counted(people, (*loadgen.Client).Totals); in.Sum() != all.In || out.Sum() != all.Out || all.In != totals.BytesIn || all.Out != totals.BytesOut {
			t.Errorf("layers of %d and %d bytes, where %+v passed", in.Sum(), out.Sum(), totals)
		}
		for way, l := range map[string]result.Layer{"in": in, "out": out} {
			if (l.Compression < 0) != (tr.Name == "ws-deflate") || (l.TLS > 0) != overTLS(t) || min(l.Text, l.Envelope, l.Protocol, l.TLS) < 0 {
				t.Errorf("%s: %+v", way, l)
			}
		}
		repeated := int64(1) // an acknowledgement repeats the text
		if strings.HasPrefix(tr.Name, "ws") {
			repeated = 0
		}
		if want := (clients + repeated) * n * size; in.Text != want {
			t.Errorf("%d bytes of text came, want %d", in.Text, want)
		}
		if out.Text != n*size || out.Envelope != n*int64(len(`{"user":"ada","text":""}`)) {
			t.Errorf("%d bytes of text in %d of JSON were published", out.Text, out.Envelope)
		}

		// Payloads of 126 to 65,535 bytes have 4 bytes before them, shorter ones 2.
		delivery, acknowledgement := 0, 0
		switch tr.Name {
		case "ws", "ws-batch":
			delivery, acknowledgement = 4, 2
		case "socketio-ws":
			delivery, acknowledgement = 4+len(`42["chat message",]`), 4+len(`431[]`)
		default:
			return
		}
		// The server may have got round to answering a client's close frame.
		closing := counted(people, (*loadgen.Client).Totals).FramesIn - frames - n*(clients+1)
		want := n*int64(clients*delivery+acknowledgement) + 4*closing
		if got := result.Sub(all, dialled).Layers.In.Protocol; got != want || closing < 0 || closing > clients {
			t.Errorf("%d bytes of protocol came, with %d frames too many, want %d", got, closing, want)
		}
	})
}
