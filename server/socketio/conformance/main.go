// Command conformance serves what the official test suites of Engine.IO 4 and
// Socket.IO 5 expect of a server, and a plain WebSocket echo, so that anybody can
// hold the protocols of this module against the suites.
//
//	/engine.io/  echoes every Engine.IO message
//	/socket.io/  the namespaces / and /custom; emits "auth" with the handshake's
//	             auth, answers "message" by "message-back", and acknowledges
//	             "message-with-ack", with the arguments that it got
//	/ws-echo     echoes every WebSocket message of up to 16 MiB
package main

import "github.com/pollpush/pollpush/internal/serving"

func main() { serving.Main(command()) }
