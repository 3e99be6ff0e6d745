package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/report/gate"
)

// order is what a run was asked for. It is kept in the run's folder, so that an
// interrupted run can be gone on with even where the scenario's file has changed.
type order struct {
	File   string              `json:"file"`   // of the scenario
	Source string              `json:"source"` // what the file holds
	Keys   []scenario.Override `json:"keys"`   // laid over it by flags

	targeting
}

// orderFile is the order's name in a run's folder.
const orderFile = "order.json"

// known is what scenarios may name.
func known() scenario.Known {
	return scenario.Known{Transports: transport.Names(), Paced: transport.Paced(), Metrics: gate.MetricIDs()}
}

// order reads the scenario that a name refers to; a fault in it is reported at once.
func (c *runCommand) order(name string) (order, error) {
	if c.restored != nil {
		return *c.restored, nil
	}
	file, src, err := scenario.Read(name)
	if err != nil {
		return order{}, err
	}
	o := order{file, string(src), c.list(), c.targeting}
	if c.TargetCA != "" { // for whoever goes on from another folder
		if o.TargetCA, err = filepath.Abs(c.TargetCA); err != nil {
			return order{}, err
		}
	}
	_, err = o.grid()
	return o, err
}

func (o order) grid() (scenario.Grid, error) {
	return scenario.Parse(o.File, []byte(o.Source), known(), o.Keys...)
}

// flags are those that changed the scenario, as they could be typed again.
func (o order) flags() (words []string) {
	for _, given := range o.Keys {
		words = append(words, given.Origin, given.Value)
	}
	return words
}

// keep is the order as a file of the run's folder.
func (o order) keep() (map[string][]byte, error) {
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("the order of the run: %w", err)
	}
	return map[string][]byte{orderFile: append(text, '\n')}, nil
}

// restore takes everything from the order of an interrupted run.
func (c *runCommand) restore() error {
	if !slices.Equal(c.Scenarios, []string{scenario.Default}) || len(c.list()) > 0 || c.Out != nil || c.targeting != (targeting{}) || c.Baseline != "" {
		return usage("--resume %s: resumes the run with its original settings; omit the scenario and all other flags", *c.Resume)
	}
	path := filepath.Join(*c.Resume, orderFile)
	text, err := file.Read(path, 2*scenario.SizeMax)
	if errors.Is(err, fs.ErrNotExist) {
		return refuse("--resume %s: there is no %s; give the folder of a run, as `pollpush run` prints it", *c.Resume, orderFile)
	}
	if errors.Is(err, file.ErrIrregular) {
		return usage("--resume %s: %w", *c.Resume, err)
	}
	if err != nil {
		return refuse("--resume %s: %w", *c.Resume, err)
	}
	var o order
	if err := file.Decode(text, &o); err != nil {
		return usage("--resume %s: %s was not written by `pollpush run`: %w", *c.Resume, path, err)
	}
	c.Out, c.targeting, c.restored = c.Resume, o.targeting, &o
	return nil
}

// suitBaseline refuses orders that cannot be compared with the baseline, if one
// is named.
func (c *runCommand) suitBaseline(orders []order) error {
	if c.Baseline == "" {
		return nil
	}
	base, err := result.ReadDir(c.Baseline)
	switch {
	case errors.Is(err, result.ErrMissing):
		return &control.Refusal{Err: noBase(c.Baseline, "omit --baseline", err)}
	case err != nil:
		return err
	}
	for _, o := range orders {
		grid, err := o.grid()
		if err != nil {
			return err
		}
		if err := gate.Foresee(base, control.Planned(grid, o.flags())); err != nil {
			return &exitError{badInput, fmt.Sprintf("--baseline %s: %v", c.Baseline, err)}
		}
	}
	return nil
}
