package scenario

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Override sets one key over what the file holds; it is read and checked as
// the file is.
type Override struct {
	Key    string // dotted: "publish.rate"
	Value  string // "2/s"; a list is separated by commas
	Origin string // what an error calls it: "--rate"
}

// draft is a scenario while it is being read.
type draft struct {
	Scenario
	file   string
	known  Known
	from   map[string]origin  // of every key and section that was given
	bad    map[string]bool    // keys and sections that were refused
	lists  map[string][]value // of the keys that hold several values
	faults []Fault
}

func newDraft(name, file string, known Known) *draft {
	return &draft{Scenario: Scenario{Name: name}, file: file, known: known, from: map[string]origin{}, bad: map[string]bool{}, lists: map[string][]value{}}
}

// origin is where a value was given.
type origin struct {
	line  int
	flag  string // "--rate"; empty in a file
	found string
}

func (d *draft) at(path string, from origin) {
	d.from[path] = from
	delete(d.bad, path)
}

// full reports whether no further fault of the file will be shown, so that
// none needs to be worded well.
func (d *draft) full() bool { return len(d.faults) > faultsMost }

func (d *draft) fault(line int, path, text string) {
	if d.full() {
		text = ""
	}
	d.faults = append(d.faults, fileFault(d.file, line, path, text))
}

// refused records why the value of path was refused, if it was.
func (d *draft) refused(path string, line int, wrong []problem) {
	for _, p := range wrong {
		d.bad[path] = true
		if p.line > 0 {
			line = p.line
		}
		d.faultAt(path, origin{line: line, flag: d.from[path].flag, found: p.found}, p.text)
	}
}

func (d *draft) faultAt(path string, from origin, text string) {
	if from.flag != "" {
		d.faults = append(d.faults, Fault{Key: path, Text: strings.TrimSpace(from.flag+" "+from.found) + ": " + text})
		return
	}
	d.fault(from.line, path, strings.TrimSpace(path+" "+from.found)+": "+text)
}

func (d *draft) override(overrides []Override) {
	for _, o := range overrides {
		flag := o.Origin
		if flag == "" {
			flag = o.Key
		}
		k := find(o.Key)
		if k == nil {
			hint := Suggest(o.Key, paths())
			if hint == "" {
				hint = elsewhere(o.Key)
			}
			d.faults = append(d.faults, Fault{Text: flag + ": unknown key " + show(o.Key) + hint})
			continue
		}
		v := value{text: o.Value}
		d.at(o.Key, origin{flag: flag, found: v.found()})
		d.set(k, 0, v)
	}
}

// complete fills in the defaults that depend on no other key.
func (d *draft) complete(root *yaml.Node) {
	for _, k := range keys {
		section, _, nested := strings.Cut(k.Path, ".")
		if _, given := d.from[k.Path]; given || k.derive != nil || nested && d.bad[section] || d.bad[k.Path] {
			continue
		}
		if k.Default != "" {
			k.parse(d, value{text: k.Default})
			continue
		}
		line := root.Line
		if at := d.from[section]; nested && at.line > 0 {
			line = at.line
		}
		d.bad[k.Path] = true
		d.fault(line, k.Path, fmt.Sprintf("missing key %q: %s", k.Path, k.About))
	}
}

// relate checks the rules between keys, each only where its keys are sound.
func (d *draft) relate() {
	if d.sound("clients", "rooms") && d.Rooms > d.Clients {
		d.conflict("rooms", fmt.Sprintf("must be at most clients, which is %s", formatCount(int64(d.Clients))),
			"clients", fmt.Sprintf("must be at least rooms, which is %s", formatCount(int64(d.Rooms))))
	} else if d.sound("clients", "rooms", "publish.publishers") && d.Publish.Publishers > d.Clients/d.Rooms {
		each := fmt.Sprintf("%s a room", formatCount(int64(d.Clients/d.Rooms)))
		left := fmt.Sprintf("leaves %s; must leave at least publish.publishers, which is %s", each, formatCount(int64(d.Publish.Publishers)))
		d.conflict("publish.publishers", "must be at most the clients, which are "+each, "clients", left, "rooms", left)
	}
	if d.sound("clients", "shards") && d.Shards > d.Clients {
		d.conflict("shards", fmt.Sprintf("must be at most clients, which is %s", formatCount(int64(d.Clients))),
			"clients", fmt.Sprintf("must be at least shards, which is %s", formatCount(int64(d.Shards))))
	}
	// A client that polls for the last time before the drain ends may have
	// to wait a whole interval: a shorter drain would count as lost what was not.
	if _, given := d.from["phases.drain"]; given && d.sound("poll.interval", "phases.drain") && d.Phases.Drain < d.Poll.Interval {
		d.conflict("phases.drain", "must be at least poll.interval, which is "+formatDuration(d.Poll.Interval),
			"poll.interval", "must be at most phases.drain, which is "+formatDuration(d.Phases.Drain))
	}
	if d.sound("server.freeze", "server.freeze_at") && d.Server.FreezeAt > 0 && d.Server.Freeze == 0 {
		d.conflict("server.freeze_at", "has no effect without server.freeze; set that as well",
			"server.freeze", "must be more than 0s, since server.freeze_at is set")
	}
	if left := d.Phases.Steady - d.Server.FreezeAt; d.sound("server.freeze", "server.freeze_at", "phases.steady") && d.Server.Freeze > 0 && d.Server.Freeze > left {
		d.conflict("server.freeze", "must end within the steady state, which lasts "+formatDuration(max(left, 0))+" from server.freeze_at on",
			"server.freeze_at", "must leave server.freeze, which is "+formatDuration(d.Server.Freeze)+", within phases.steady",
			"phases.steady", "must be at least "+formatDuration(d.Server.FreezeAt+d.Server.Freeze)+", when the server resumes")
	}
}

// sound reports whether none of the keys was refused.
func (d *draft) sound(paths ...string) bool {
	for _, p := range paths {
		section, _, _ := strings.Cut(p, ".")
		if d.bad[p] || d.bad[section] {
			return false
		}
	}
	return true
}

// conflict blames one of several keys that do not agree: one that a flag has
// set, since the file was fine before, or else the first. Paths and texts alternate.
func (d *draft) conflict(pathsAndTexts ...string) {
	blamed := 0
	for i := 0; i < len(pathsAndTexts); i += 2 {
		if d.from[pathsAndTexts[i]].flag != "" {
			blamed = i
			break
		}
	}
	path, text := pathsAndTexts[blamed], pathsAndTexts[blamed+1]
	d.bad[path] = true
	d.faultAt(path, d.from[path], text)
}
