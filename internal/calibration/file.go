package calibration

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/pollpush/pollpush/internal/file"
)

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
		case t.Clients < 0 || t.Largest.Clients < 0:
			return fmt.Errorf("%s: the number of clients is below 0", t.Name)
		}
		for _, v := range t.numbers() {
			if !(v >= 0) || math.IsInf(v, 0) { // nor NaN
				return fmt.Errorf("%s: a number is %v: must be at least 0, and finite", t.Name, v)
			}
		}
		if q := t.Confirmed; q != nil && (q.Trials < 1 || q.Valid < 0 || q.Valid > q.Trials) {
			return fmt.Errorf("%s: %d of %d trials are confirmed", t.Name, q.Valid, q.Trials)
		}
		if err := t.kept().Check(); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		seen[t.Name] = true
	}
	return nil
}

// numbers are all that is measured but the floor.
func (t *Transport) numbers() []float64 {
	l := t.Largest
	all := []float64{t.DelayS, t.PerS, t.CPU, l.PerS, l.Invalid, l.GeneratorCores, l.TargetCores}
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
