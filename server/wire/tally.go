package wire

import "sync/atomic"

// Tally is what connections count, to the byte.
//
// What is sent is counted just before the kernel gets it, and what the kernel
// did not take is taken off again: counted afterwards, a peer could see bytes
// that whoever reads the tally does not know of yet.
type Tally struct {
	Connections    atomic.Int64 // accepted
	Open           atomic.Int64 // now
	FramesSent     atomic.Int64 // of WebSockets, in full, control frames included; by TLS, as they are encrypted
	FramesReceived atomic.Int64
	BytesSent      atomic.Int64 // everything above TCP, TLS included
	BytesReceived  atomic.Int64
	SlowReaders    atomic.Int64 // closed because too much was waiting for them
}
