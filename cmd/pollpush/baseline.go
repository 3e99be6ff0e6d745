package main

import (
	"errors"
	"fmt"

	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/gate"
)

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
