package contract

import (
	"fmt"
	"slices"
	"time"
)

var byBatch = []string{"ws-batch"}

var batches = []Point{
	{Group: "batch", Name: "batch=true is answered with Batch-Window", Transports: byBatch, Needed: true, try: batchAgreed},
	{Group: "batch", Name: "gathered messages reach everyone in the room", Transports: byBatch, Needed: true, try: delivers(batchSocket)},
	{Group: "batch", Name: "messages within a window go in one frame", Transports: byBatch, try: batchJoins},
	{Group: "batch", Name: "clients that did not ask do not wait", Transports: byBatch, try: batchAsked},
}

// batchSocket is the channel of a WebSocket that asks for batches.
func batchSocket(v *visit, room, after string) talker {
	return v.socket(room, "?after="+after+"&batch=true")
}

// windowedSocket opens a WebSocket that is served in batches.
func (v *visit) windowedSocket(room string) *socket {
	s := v.socket(room, "?after=0&batch=true")
	if s.header.Get("Batch-Window") == "" {
		s.absent("no Batch-Window")
	}
	return s
}

// window says for how long the server gathers.
func (s *socket) window() time.Duration {
	window := s.header.Get("Batch-Window")
	d, err := time.ParseDuration(window)
	if err != nil || d <= 0 {
		s.fail("Batch-Window "+quote(window), "say how long the server gathers: Batch-Window: 50ms")
	}
	return d
}

func batchAgreed(v *visit) { v.windowedSocket(v.room()) }

func batchJoins(v *visit) {
	room := v.room()
	s := v.windowedSocket(room)
	window := s.window()
	speaker := v.socket(room, "")
	// One after the other, each seen by one who is not made to wait: where none
	// is gathered, each has gone out in a frame of its own.
	const n = 20
	texts := slices.Repeat([]string{"hello"}, n)
	began := time.Now()
	for i, text := range texts {
		speaker.tell(text)
		wants(speaker, uint64(i)+1, text)
	}
	wants(s, 1, texts...)
	if most := int(time.Since(began)/window) + 2; s.frames > most {
		s.fail(fmt.Sprintf("%d frames for %d messages within %v, with a window of %v", s.frames, n, time.Since(began).Round(time.Millisecond), window),
			"put all messages of a window into one frame")
	}
}

func batchAsked(v *visit) {
	room := v.room()
	v.windowedSocket(room).window()
	s := v.socket(room, "")
	if window := s.header.Get("Batch-Window"); window != "" {
		s.fail("Batch-Window "+quote(window), "send Batch-Window, and gather messages, only if batch=true was requested")
	}
}
