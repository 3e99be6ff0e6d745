// Command nulltarget is a chat server that does as little as it can, with a
// known delay and known faults: what the load generator reports of it is known
// beforehand, and what it takes to serve is next to nothing. `pollpush
// calibrate` runs it.
package main

import "github.com/pollpush/pollpush/internal/serving"

func main() { serving.Main(command()) }
