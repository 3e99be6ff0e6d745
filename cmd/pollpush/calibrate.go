package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pollpush/pollpush/internal/calibration"
	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/quantity"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/transport"
)

// calibrations is the folder in which machines' calibrations are kept.
const calibrations = "results/calibration"

type calibrateCommand struct {
	Transports []string `placeholder:"A,B" default:"all" help:"Transports to measure; all is every transport (${default})."`
	Confirm    int      `placeholder:"N" default:"0" help:"Run N trials at half of the largest load; fail unless all are valid (${default})."`
	Quick      bool     `help:"Measure coarsely, within seconds, to see that it works; runs do not use the result."`
	Out        string   `placeholder:"DIR" default:"${calibrations}" help:"Folder for the result, a file named after the machine (${default})."`
}

// Validate is called by kong.
func (c *calibrateCommand) Validate() error {
	if c.Confirm < 0 {
		return fmt.Errorf("--confirm %d: want at least 0 trials", c.Confirm)
	}
	return nil
}

// Run measures transports one after the other. What is found of one is kept
// before the next one is begun, and beside what is known of others.
func (c *calibrateCommand) Run(s *session) error {
	list, err := expand(c.Transports)
	if err != nil {
		return err
	}
	options := calibration.Options{Commit: version(), Confirm: c.Confirm, Quick: c.Quick, Progress: s.stderr}
	if options.Nulltarget, err = beside("nulltarget"); err != nil {
		return err
	}
	if options.Loadgen, err = beside("loadgen"); err != nil {
		return err
	}
	env := control.Env()
	path := calibration.Path(c.Out, env.Machine())
	known, err := calibration.Read(path, env.Machine())
	if errors.Is(err, fs.ErrNotExist) {
		known = calibration.New(env)
	} else if err != nil {
		return err
	}
	fmt.Fprintf(s.stderr, "Calibrating %s takes about %s, more if others use the machine\n", quantity.Of(len(list), "transport"), planned(options, list))
	err = calibrate(s, options, list, known, path)
	if len(known.Transports) > 0 {
		fmt.Fprintln(s.stdout)
		printCalibration(s.stdout, known)
		fmt.Fprintf(s.stdout, "\nCalibration: %s\n", path)
	}
	return err
}

// planned is about how long calibrating transports takes.
func planned(o calibration.Options, list []string) time.Duration {
	var all time.Duration
	for _, name := range list {
		of, _ := transport.Find(name)
		all += calibration.Duration(o, of)
	}
	if all > time.Minute {
		return all.Round(time.Minute)
	}
	return all.Round(time.Second)
}

// calibrate measures a list of transports, and keeps what it finds in a file.
func calibrate(s *session, o calibration.Options, list []string, known *calibration.Calibration, path string) error {
	unknown, unconfirmed := 0, 0
	for i, name := range list {
		fmt.Fprintf(s.stderr, "%s: %d of %d\n", name, i+1, len(list))
		of, _ := transport.Find(name)
		found, err := calibration.Measure(s, o, of)
		if s.Err() != nil {
			return &exitError{interrupted, "interrupted; the transports measured before are saved"}
		}
		if mismatch, ok := errors.AsType[*calibration.Mismatch](err); ok {
			return &exitError{regression, mismatch.Error()}
		}
		if err != nil {
			return err
		}
		known.Put(found)
		if err := known.Write(path); err != nil {
			return refuse("the calibration cannot be saved: %w", err)
		}
		if found.Floors[0].Quantiles == nil { // the others may be too much for the machine
			unknown++
		}
		if q := found.Confirmed; o.Confirm > 0 && (q == nil || q.Valid < o.Confirm) {
			unconfirmed++
		}
	}
	var texts []string
	if unknown > 0 {
		texts = append(texts, fmt.Sprintf("the floor of %d of %d transports could not be measured: the machine was too busy", unknown, len(list)))
	}
	if unconfirmed > 0 {
		texts = append(texts, fmt.Sprintf("%d of %d transports had invalid trials among the %d at half of the largest load", unconfirmed, len(list), o.Confirm))
	}
	if len(texts) > 0 {
		return &exitError{invalidRun, strings.Join(texts, "; ") + "; calibrate them again"}
	}
	return nil
}

// printCalibration prints what is known of a machine.
func printCalibration(w io.Writer, c *calibration.Calibration) {
	quota := ""
	if q := c.Env.CPUQuota; q > 0 {
		quota = fmt.Sprintf(", a quota of %.3g", q)
	}
	fmt.Fprintf(w, "What the generator adds, on %s, %d cores%s, %s\n\n", c.Env.CPUModel, c.Env.Cores, quota, c.Env.Kernel)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...string) { fmt.Fprintln(table, strings.Join(cells, "\t")+"\t") }
	row("", "clients", "rooms", "TLS", "floor p50", "p90", "p99", "p99.9", "max", "CPU per", "")
	var doubts []string
	for _, t := range c.Transports {
		name := t.Name
		if t.Quick {
			name += " (quick)"
		}
		for _, f := range t.Floors {
			q, longest, secured := &result.Quantiles{}, (*float64)(nil), ""
			if f.Quantiles != nil {
				q, longest = f.Quantiles, &f.Quantiles.Max
			}
			if f.TLS {
				secured = "yes"
			}
			row(name, strconv.Itoa(f.Clients), strconv.Itoa(f.Rooms), secured,
				control.Latency(q.P50), control.Latency(q.P90), control.Latency(q.P99), control.Latency(q.P999), control.Latency(longest), control.Latency(&f.CPU), t.Operation)
			name = ""
			for _, doubt := range f.Doubts {
				doubts = append(doubts, t.Name+", "+doubt)
			}
		}
	}
	table.Flush()
	fmt.Fprintln(w)
	row("", "largest load", "CPU per", "", "limit of", "confirmed")
	for _, t := range c.Transports {
		row(t.Name, perSecond(t.Largest), control.Latency(t.Largest.CPU()), t.Operation, cmp.Or(t.Largest.Side, "–"), confirmed(t.Confirmed))
	}
	table.Flush()
	for _, doubt := range doubts {
		fmt.Fprintln(w, doubt)
	}
}

func perSecond(l calibration.Largest) string {
	if l.PerS == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f/s", l.PerS)
}

func confirmed(c *calibration.Confirmed) string {
	if c == nil {
		return "–"
	}
	return fmt.Sprintf("%d of %d at %.0f/s", c.Valid, c.Trials, c.PerS)
}

// calibrated finds what this machine is known to add: in a file, or in a folder by
// the machine's fingerprint. A folder that does not know the machine is no error,
// nor is a file without floors that trials keep.
func calibrated(s *session, path string) (func(string, scenario.Scenario) *result.Calibration, error) {
	machine := control.Env().Machine()
	file := path
	if info, err := os.Stat(path); err == nil && info.IsDir() || path == calibrations {
		file = calibration.Path(path, machine)
	}
	c, err := calibration.Read(file, machine)
	if err != nil && (file == path || !errors.Is(err, fs.ErrNotExist)) {
		return nil, err
	}
	if err != nil || !c.Known() {
		fmt.Fprintf(s.stderr, "This machine is not calibrated: each latency below includes a little time that the load generator itself takes, and how much is not known. `pollpush calibrate` measures it, once, in about %s.\n",
			planned(calibration.Options{}, transport.Names()))
		return nil, nil
	}
	fmt.Fprintf(s.stderr, "This machine is calibrated: what the load generator itself adds to latencies is known from %s\n", file)
	return c.Of, nil
}
