package wire

import "sync/atomic"

// Tally is what connections count, to the byte, and has the watch over those
// whose peers do not read.
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
	StalledReaders atomic.Int64 // closed because what was waiting for them was not read in time

	// Patience is at how many sweeps in a row a peer may have taken nothing of what
	// waits for it; 0 watches nobody. It is set before the first connection.
	Patience int
	holding
}
