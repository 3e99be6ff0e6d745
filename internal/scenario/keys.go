package scenario

import (
	"slices"
	"strings"
)

// Key is one key of a scenario file.
type Key struct {
	Path    string // dotted: "publish.rate"
	About   string // what it means, for flags, errors and documents
	Note    string // what scenarios/example.yaml says beyond that
	Default string // as a file would hold it, or in words if Derived; empty if required
	Example string // value in scenarios/example.yaml; empty: Default
	Sweeps  bool   // may hold a list: a run measures each of its values

	field
	derive   func(*Scenario) // sets a default that depends on other keys
	fileOnly bool            // has no flag
	unhashed bool            // has no part in what one trial measures
	newer    bool            // its default is not hashed: results from before the key can be compared
	paced    bool            // says nothing to transports that do not poll at an interval
}

// A field reads, writes and describes one value of a Scenario.
type field interface {
	// parse sets the value and returns nothing, or leaves it and says why.
	parse(d *draft, v value) []problem
	// format renders the value as a flag would hold it, the same text for the same value.
	format(s *Scenario) string

	Allowed() string        // "1 to 1,000,000"
	Schema() map[string]any // a JSON Schema of a single value
	Placeholder() string    // of a flag: "N"
}

// Keys lists all keys of a scenario file, in the order of scenarios/example.yaml.
func Keys() []Key { return slices.Clone(keys) }

// Derived reports whether the default depends on other keys.
func (k Key) Derived() bool { return k.derive != nil }

// Flag is the name of the flag that overrides the key, as "ramp-up"; empty if
// there is none.
func (k Key) Flag() string {
	if k.fileOnly {
		return ""
	}
	return strings.ReplaceAll(k.Path[strings.LastIndex(k.Path, ".")+1:], "_", "-")
}

// find returns the key at path, or nil.
func find(path string) *Key {
	for i := range keys {
		if keys[i].Path == path {
			return &keys[i]
		}
	}
	return nil
}

func paths() []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.Path
	}
	return list
}

// inside lists the names that may stand below section ("" is the whole file),
// each once, and sections among them.
func inside(section string) []string {
	var names []string
	for _, k := range keys {
		rest, ok := strings.CutPrefix(k.Path, section)
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, ".")
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return names
}
