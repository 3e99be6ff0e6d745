package noise

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/report/internal/number"
)

// FileName is what the file is called.
const FileName = "noise.json"

// schema is the version of the file format.
const schema = 1

// mostBytes bounds a file: far more than comparisons of all scenarios need.
const mostBytes = 64 << 20

// Read reads what is known of machines' noise; where there is no file, it is
// nothing. The error says what is wrong with a file, and what to do.
func Read(path string) (*Noise, error) {
	text, err := file.Read(path, mostBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return &Noise{Schema: schema}, nil
	}
	var n *Noise
	if err == nil {
		n, err = parse(text)
	}
	if err != nil {
		return nil, fmt.Errorf("noise %s: %w", path, file.Cause(err))
	}
	return n, nil
}

func parse(text []byte) (*Noise, error) {
	const remedy = "delete it, and learn again with `pollpush compare BASE NEW --learn`"
	if err := file.CheckSchema(text, schema, "noise file", remedy); err != nil {
		return nil, err
	}
	var n Noise
	if err := file.Decode(text, &n); err != nil {
		return nil, fmt.Errorf("is not what pollpush writes (%w); %s", err, remedy)
	}
	for i := range n.Alike {
		if err := n.Alike[i].check(); err != nil {
			return nil, fmt.Errorf("comparison %d: %w; %s", i+1, err, remedy)
		}
	}
	return &n, nil
}

// check holds what was learnt against what must be true of it.
func (a *Alike) check() error {
	if a.Machine == "" || a.ScenarioHash == "" {
		return errors.New("it names no machine or no scenario")
	}
	for name, d := range a.Transports {
		if d.Trials[0] < 1 || d.Trials[1] < 1 {
			return fmt.Errorf("%s has no trials", number.Clean(name))
		}
		for id, share := range d.Changes {
			if !(share >= 0 && share <= mostChange) {
				return fmt.Errorf("%s: %s changed by %v: 0 to %d is possible", number.Clean(name), number.Clean(id), share, mostChange)
			}
		}
	}
	return nil
}

// Write writes all of it to path, or the file is as it was.
func (n *Noise) Write(path string) error {
	text, err := json.MarshalIndent(n, "", " ")
	if err != nil {
		return fmt.Errorf("noise: %w", err)
	}
	return file.Replace(path, append(text, '\n'))
}
