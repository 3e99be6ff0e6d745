package contract

import (
	"fmt"
	"slices"
	"time"
)

var byBatch = []string{"ws-batch"}

var batches = []Point{
	{Group: "batch", Name: "batch=true is answered with Batch-Window", Transports: byBatch, Needed: true, try: batchAgreed},
	{Group: "batch", Name: "gathered messages reach everyone in the room", Transports: byBatch, Needed: true,
		try: func(v *visit) error { return v.socketDelivers("?after=0&batch=true") }},
	{Group: "batch", Name: "messages within a window go in one frame", Transports: byBatch, try: batchJoins},
	{Group: "batch", Name: "clients that did not ask do not wait", Transports: byBatch, try: batchAsked},
}

// windowedSocket opens a WebSocket that is served in batches.
func (v *visit) windowedSocket(room string) (*socket, error) {
	s, err := v.socket(room, "?after=0&batch=true")
	if err == nil && s.header.Get("Batch-Window") == "" {
		err = &absence{s.asked, "no Batch-Window"}
	}
	return s, err
}

// batchSocket is windowedSocket, and says how long the window is.
func (v *visit) batchSocket(room string) (*socket, time.Duration, error) {
	s, err := v.windowedSocket(room)
	if err != nil {
		return nil, 0, err
	}
	window := s.header.Get("Batch-Window")
	d, err := time.ParseDuration(window)
	if err != nil || d <= 0 {
		return nil, 0, s.fault("Batch-Window "+quote(window), "say how long the server gathers: Batch-Window: 50ms")
	}
	return s, d, nil
}

func batchAgreed(v *visit) error {
	_, err := v.windowedSocket(v.room())
	return err
}

func batchJoins(v *visit) error {
	room := v.room()
	s, window := must2(v.batchSocket(room))
	speaker := must1(v.socket(room, ""))
	// One after the other, each seen by one who is not made to wait: where none
	// is gathered, each has gone out in a frame of its own.
	const n = 20
	texts := slices.Repeat([]string{"hello"}, n)
	began := time.Now()
	for i, text := range texts {
		must(speaker.text(body("ada", text)))
		must(speaker.wants(uint64(i)+1, text))
	}
	must(s.wants(1, texts...))
	if most := int(time.Since(began)/window) + 2; s.frames > most {
		return s.fault(fmt.Sprintf("%d frames for %d messages within %v, with a window of %v", s.frames, n, time.Since(began).Round(time.Millisecond), window),
			"put all messages of a window into one frame")
	}
	return nil
}

func batchAsked(v *visit) error {
	room := v.room()
	must2(v.batchSocket(room))
	s := must1(v.socket(room, ""))
	if window := s.header.Get("Batch-Window"); window != "" {
		return s.fault("Batch-Window "+quote(window), "send Batch-Window, and gather messages, only if batch=true was requested")
	}
	return nil
}
