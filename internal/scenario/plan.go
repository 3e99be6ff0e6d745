package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// StartStop is allowed, in a plan, for starting and ending a trial's processes.
const StartStop = time.Second

// Trial returns the planned length of one trial, its processes' start and end included.
func (s Scenario) Trial() time.Duration {
	return s.Phases.RampUp + s.Phases.WarmUp + s.Phases.Steady + s.Phases.Drain + StartStop
}

// Duration returns the planned length of a whole run: that of every trial of
// every transport, none of them repeated.
func (s Scenario) Duration() time.Duration {
	return time.Duration(s.Trials*len(s.Transports)) * s.Trial()
}

// Hash identifies what one trial asks for: trials with the same hash may be
// compared. It is 12 hexadecimal digits over every key's value, wherever it
// came from (file, flag or default) and however it was written (1KiB, 1024B).
//
// What does not change a trial is left out: the name, about, transports,
// trials and time_limit. A new key changes every hash, so that old results are
// never taken for the same by mistake.
func (s Scenario) Hash() string {
	h := sha256.New()
	for _, k := range keys {
		if !k.unhashed && !(k.newer && k.format(&s) == k.Default) {
			fmt.Fprintf(h, "%s=%s\n", k.Path, k.format(&s))
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}
