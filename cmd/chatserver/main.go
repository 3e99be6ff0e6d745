// Command chatserver serves one chat by REST polling and WebSocket push. It is
// the server under test, alone in its process.
package main

import "github.com/pollpush/pollpush/internal/serving"

func main() { serving.Main(command()) }
