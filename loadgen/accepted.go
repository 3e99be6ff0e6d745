package loadgen

import (
	"bytes"
	"time"
)

// acceptedAt reads "at" from a message object: when the server accepted it, in
// Unix milliseconds, or 0 where the message does not say. It is asked for once
// for each message and shard, and so is not among what is read of every
// delivery.
func acceptedAt(message []byte) int64 {
	name := []byte(`"at":`) // in a string its quotes would be escaped
	i := bytes.LastIndex(message, name)
	if i < 0 {
		return 0
	}
	s := scanner{text: message, at: i + len(name)}
	s.space()
	ms, ok := s.number()
	if !ok || ms > maxUnixMilli {
		return 0
	}
	return int64(ms)
}

// maxUnixMilli is in the year 2248: its nanoseconds still fit into an int64.
const maxUnixMilli = 1 << 43

// accepted is from due to the server's acceptance in microseconds, or 0 where
// that is not known. The server reports whole milliseconds, cut off: half of one
// is added, so that the error is half a millisecond either way, and none on
// average.
func (m *message) accepted(ahead int64) int64 {
	at := m.at.Load()
	if at == 0 || ahead == 0 {
		return 0
	}
	instant := at*int64(time.Millisecond) + int64(time.Millisecond)/2 - ahead
	us := (instant - m.due.Load()) / int64(time.Microsecond)
	if us == 0 {
		return 1 // 0 says that it is not known
	}
	return us
}
