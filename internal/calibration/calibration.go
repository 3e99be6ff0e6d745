// Package calibration measures what the load generator itself adds to what it
// reports: real shards load a null target, a server that does as little as can
// be and whose delay and faults are known. What is found belongs to the
// machine, and is kept in a file of its own under the machine's fingerprint.
package calibration

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/transport"
)

// Schema is the version of the file format that this package writes.
const Schema = 2

// Calibration is what is known of one machine.
type Calibration struct {
	Schema     int         `json:"schema"`
	Machine    string      `json:"machine"`    // fingerprint: that of Env
	Env        result.Env  `json:"env"`        // the machine; of its disturbance nothing is known
	Transports []Transport `json:"transports"` // those that have been measured, in the order of reports
}

// Transport is what was found for one transport.
type Transport struct {
	Name     string    `json:"transport"`
	Measured time.Time `json:"measured"`
	Commit   string    `json:"commit"` // of pollpush

	// Operation is what is counted and timed: a poll of a transport that polls
	// at an interval, whose wait for the next poll is not the generator's, and
	// a delivery of any other.
	Operation string `json:"operation"`

	// Quick says that all was measured coarsely, to see that it works. No
	// trial keeps the floor.
	Quick bool `json:"quick,omitempty"`

	Floors    []Floor    `json:"floors"` // by size, first without TLS and then with it
	Largest   Largest    `json:"largest"`
	Confirmed *Confirmed `json:"confirmed,omitempty"`
}

// Floor is what a light load found, of one size.
type Floor struct {
	TLS     bool    `json:"tls"`
	Clients int     `json:"clients"`
	Rooms   int     `json:"rooms"`
	DelayS  float64 `json:"delay_s"`          // the target's, which has been taken off
	PerS    float64 `json:"operations_per_s"` // the load
	// CPU is the generator's for each operation, user and system time, all that it
	// does in between included.
	CPU float64 `json:"cpu_per_operation_s"`
	// Quantiles are of polls' times from due to answered, or of deliveries' from due
	// to seen less the target's known delay. They are null where the machine was too
	// busy to tell.
	Quantiles *result.Quantiles `json:"floor_s"`
	Doubts    []string          `json:"doubts"` // of the trial
}

// size is what makes the floors of two loads differ: how many clients poll, and
// to how many a message is written.
func size(paced bool, clients, rooms int) float64 {
	if paced {
		return float64(clients)
	}
	return float64(clients) / float64(rooms)
}

// The operations.
const (
	Delivery = "delivery"
	Poll     = "poll"
)

// Largest is the largest load at which two trials were found valid, in
// operations per second, with generator and null target on one machine.
type Largest struct {
	Clients int     `json:"clients"`
	PerS    float64 `json:"operations_per_s"` // 0 where none was valid twice
	// Invalid is the least load that was invalid, 0 where none was tried.
	Invalid float64 `json:"invalid_operations_per_s"`
	Side    string  `json:"side"`   // whose limit that was: "generator", "target" or "others"
	Reason  string  `json:"reason"` // why it was invalid
	// The cores used at the largest load.
	GeneratorCores float64 `json:"generator_cores"`
	TargetCores    float64 `json:"target_cores"`
}

// CPU is the generator's for each operation at the largest load, in seconds;
// nil where there was none.
func (l Largest) CPU() *float64 {
	if l.PerS == 0 {
		return nil
	}
	each := l.GeneratorCores / l.PerS
	return &each
}

// The sides.
const (
	Generator = "generator"
	Target    = "target"
	Others    = "others" // who were using the machine
)

// Confirmed is how many trials at half of the largest load were valid.
type Confirmed struct {
	PerS   float64 `json:"operations_per_s"`
	Trials int     `json:"trials"`
	Valid  int     `json:"valid"`
}

// New returns the calibration of a machine that nothing is known of yet.
func New(env result.Env) *Calibration {
	return &Calibration{Schema: Schema, Machine: env.Machine(), Env: env, Transports: []Transport{}}
}

// Put takes in what was found for a transport, in the place of what was known.
func (c *Calibration) Put(t Transport) {
	order := transport.Names()
	c.Transports = slices.DeleteFunc(c.Transports, func(old Transport) bool { return old.Name == t.Name })
	c.Transports = append(c.Transports, t)
	slices.SortStableFunc(c.Transports, func(a, b Transport) int {
		return cmp.Compare(slices.Index(order, a.Name), slices.Index(order, b.Name))
	})
}

// Of returns what trials of a scenario keep of a transport: the floor with TLS, or
// without it, as they are, whose size is nearest to theirs. It is nil where that
// floor is not known: another one would say too little or too much.
func (c *Calibration) Of(transport string, s scenario.Scenario) *result.Calibration {
	var found *result.Calibration
	nearest := math.Inf(1)
	for _, t := range c.Transports {
		if t.Name != transport || t.Quick {
			continue
		}
		paced := t.Operation == Poll
		for _, f := range t.Floors {
			away := math.Abs(math.Log(size(paced, f.Clients, f.Rooms) / size(paced, s.Clients, s.Rooms)))
			if f.TLS == s.TLS && away < nearest {
				nearest, found = away, t.kept(f)
			}
		}
	}
	if found == nil || found.Floor == nil {
		return nil
	}
	return found
}

// Known reports whether trials can keep any floor.
func (c *Calibration) Known() bool {
	return slices.ContainsFunc(c.Transports, func(t Transport) bool {
		return !t.Quick && slices.ContainsFunc(t.Floors, func(f Floor) bool { return f.Quantiles != nil })
	})
}

func (t *Transport) kept(f Floor) *result.Calibration {
	return &result.Calibration{Measured: t.Measured, Commit: t.Commit, Clients: f.Clients, Rooms: f.Rooms, Floor: f.Quantiles}
}

// FileError says what is wrong with a calibration's file, and what to do.
type FileError struct {
	Path string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("calibration %s: %v", e.Path, e.Err) }
func (e *FileError) Unwrap() error { return e.Err }

// Path is where in a folder the calibration of a machine is kept.
func Path(dir, machine string) string { return filepath.Join(dir, machine+".json") }

// maxFile bounds a file: far more than all transports need.
const maxFile = 1 << 20

// Read reads a calibration that must be of a machine. The error is a
// *[FileError]; it wraps [fs.ErrNotExist] where there is no such file.
func Read(path, machine string) (*Calibration, error) {
	fail := func(format string, args ...any) (*Calibration, error) {
		return nil, &FileError{path, fmt.Errorf(format, args...)}
	}
	text, err := file.Read(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return fail("%w; make one with `pollpush calibrate`", fs.ErrNotExist)
	}
	if err != nil {
		return fail("%w", file.Cause(err))
	}
	const remedy = "delete it, and run `pollpush calibrate` again"
	if err := file.CheckSchema(text, Schema, "calibration", remedy); err != nil {
		return fail("%w", err)
	}
	var c Calibration
	if err := file.Decode(text, &c); err != nil {
		return fail("is not a calibration: %w; %s", err, remedy)
	}
	if err := c.check(); err != nil {
		return fail("%w; %s", err, remedy)
	}
	if c.Machine != machine {
		return fail("belongs to the machine %s (%s, %d cores), but this is %s: run `pollpush calibrate` here", c.Machine, c.Env.CPUModel, c.Env.Cores, machine)
	}
	return &c, nil
}

// check compares a calibration with what must be true of every one.
func (c *Calibration) check() error {
	if is := c.Env.Machine(); c.Machine != is {
		return fmt.Errorf("machine %q is not the fingerprint of its env, which is %s", c.Machine, is)
	}
	seen := map[string]bool{}
	for _, t := range c.Transports {
		switch {
		case t.Name == "" || seen[t.Name]:
			return fmt.Errorf("transport %q occurs twice, or has no name", t.Name)
		case t.Operation != Delivery && t.Operation != Poll:
			return fmt.Errorf("%s: operation %q is neither %s nor %s", t.Name, t.Operation, Delivery, Poll)
		case t.Largest.Clients < 0:
			return fmt.Errorf("%s: the number of clients is below 0", t.Name)
		}
		for _, f := range t.Floors {
			if f.Clients < 1 || f.Rooms < 1 {
				return fmt.Errorf("%s: a floor of %d clients in %d rooms", t.Name, f.Clients, f.Rooms)
			}
			if err := t.kept(f).Check(); err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
		}
		for _, v := range t.numbers() {
			if !(v >= 0) || math.IsInf(v, 0) { // nor NaN
				return fmt.Errorf("%s: a number is %v: must be at least 0, and finite", t.Name, v)
			}
		}
		if q := t.Confirmed; q != nil && (q.Trials < 1 || q.Valid < 0 || q.Valid > q.Trials) {
			return fmt.Errorf("%s: %d of %d trials are confirmed", t.Name, q.Valid, q.Trials)
		}
		seen[t.Name] = true
	}
	return nil
}

// numbers are all that is measured but the floors' quantiles.
func (t *Transport) numbers() []float64 {
	l := t.Largest
	all := []float64{l.PerS, l.Invalid, l.GeneratorCores, l.TargetCores}
	for _, f := range t.Floors {
		all = append(all, f.DelayS, f.PerS, f.CPU)
	}
	if t.Confirmed != nil {
		all = append(all, t.Confirmed.PerS)
	}
	return all
}

// Write writes the calibration to path, whose folder is made if it is not
// there: all of it, or the file is as it was. What [Read] would refuse is not
// written.
func (c *Calibration) Write(path string) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("calibration: %w", err)
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("calibration: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return file.Replace(path, append(text, '\n'))
}
