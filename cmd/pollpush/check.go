package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pollpush/pollpush/internal/contract"
	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/transport"
)

type checkCommand struct {
	URL        string   `arg:"" help:"The server's base address, as http://127.0.0.1:8080."`
	CA         string   `name:"ca" placeholder:"FILE" help:"PEM file of the certificates to trust an HTTPS server by (the system's)."`
	For        []string `placeholder:"A,B" xor:"part" help:"Check only what measuring these transports needs, and fail if one cannot be measured; all is every transport. Sends no bad input."`
	Transports []string `placeholder:"A,B" xor:"part" help:"Check what these transports need, and fail if it is missing; all is every transport (what the server offers)."`
}

// Run checks a server against the contract, point by point.
func (c *checkCommand) Run(s *session) error {
	base, err := contract.Base(c.URL)
	if err != nil {
		return &usageError{err}
	}
	_, roots, err := readTrust("--ca", c.CA)
	if err != nil {
		return err
	}
	part := contract.Part{Needed: len(c.For) > 0, Transports: append(c.For, c.Transports...)}
	if part.Transports, err = expand(part.Transports); err != nil {
		return err
	}
	results, err := contract.Check(s, base, roots, part)
	if s.Err() != nil {
		return &exitError{interrupted, "interrupted before the check was complete"}
	}
	if results != nil {
		printAbility(s.stdout, results, part)
		fmt.Fprintln(s.stdout)
		count := printResults(s.stdout, results)
		if err == nil {
			return judge(base, part, count)
		}
	}
	return &control.Refusal{Err: err}
}

// tally is how many points there are of each verdict, and how many of those that
// have failed are needed to measure.
type tally struct{ all, passed, absent, failed, untried, needed int }

// ofThese says how many of the failed points matter to who only measures.
func (t tally) ofThese() string {
	switch t.needed {
	case 0:
		return "none"
	case t.failed:
		return "all"
	}
	return strconv.Itoa(t.needed)
}

// judge is how the command ends. Where not all was tried, nothing is said of the
// server as a whole.
func judge(base string, part contract.Part, count tally) error {
	switch {
	case count.untried > 0:
		return &exitError{refused, fmt.Sprintf("the check of %s ran out of time (%v): %d of %d points were not tried, %d failed; see %s",
			base, contract.CheckTime, count.untried, count.all, count.failed, contract.Page)}
	case part.Needed && count.failed > 0:
		return &exitError{regression, fmt.Sprintf("%s fails %d of %d points needed for measuring; see %s", base, count.failed, count.all, contract.Page)}
	case count.failed > 0:
		return &exitError{regression, fmt.Sprintf("%s breaks the contract in %d of %d points, %s of them needed for measuring; see %s",
			base, count.failed, count.all, count.ofThese(), contract.Page)}
	}
	return nil
}

// printAbility prints which transports can be measured, of those that were asked
// for, and what keeps the others from it.
func printAbility(w io.Writer, results []contract.Result, part contract.Part) {
	for _, name := range transport.Names() {
		if len(part.Transports) > 0 && !slices.Contains(part.Transports, name) {
			continue
		}
		fmt.Fprintf(w, "%-16s  %s\n", name, ability(contract.Lacking(results, name)))
	}
}

// ability says what the points that a transport lacks mean.
func ability(lacking []contract.Result) string {
	said := "can be measured"
	for _, r := range lacking {
		switch {
		case r.Verdict == contract.Untried:
			said = "not known: the check ended too early"
		case r.Why != "":
			return "not offered: " + r.Why
		default:
			return fmt.Sprintf("cannot be measured: %s: %s; remedy: %s", r.Name, r.Fault.Found, r.Fault.Remedy)
		}
	}
	return said
}

// find returns the transport of a name.
func find(name string) (transport.Transport, error) {
	t, ok := transport.Find(name)
	if !ok {
		return t, usage("unknown transport %q; choose from %s", name, strings.Join(transport.Names(), ", "))
	}
	return t, nil
}

// expand returns the names of transports, each checked; all is every one.
func expand(names []string) ([]string, error) {
	if slices.Equal(names, []string{"all"}) {
		return transport.Names(), nil
	}
	for _, name := range names {
		if _, err := find(name); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// printResults prints verdicts, each group under its name, and counts them. A
// group of which nothing is offered, or was tried, is one line.
func printResults(w io.Writer, results []contract.Result) (count tally) {
	for len(results) > 0 {
		n := 1
		for n < len(results) && results[n].Group == results[0].Group {
			n++
		}
		group := results[:n]
		results = results[n:]
		fmt.Fprintln(w, group[0].Group)
		first := group[0]
		alike := !slices.ContainsFunc(group, func(r contract.Result) bool { return r.Verdict != first.Verdict })
		alike = alike && n > 1 && (first.Verdict == contract.Absent || first.Verdict == contract.Untried)
		if alike {
			first.Name = fmt.Sprintf("all %d points", n)
			printResult(w, first)
		}
		for _, r := range group {
			count.add(r)
			if !alike {
				printResult(w, r)
			}
		}
	}
	fmt.Fprintf(w, "\n%d passed, %d failed, %d absent", count.passed, count.failed, count.absent)
	if count.untried > 0 {
		fmt.Fprintf(w, ", %d not tried", count.untried)
	}
	fmt.Fprintf(w, ", of %d points\n", count.all)
	return count
}

func (t *tally) add(r contract.Result) {
	t.all++
	*map[contract.Verdict]*int{contract.Passed: &t.passed, contract.Absent: &t.absent, contract.Failed: &t.failed, contract.Untried: &t.untried}[r.Verdict]++
	if r.Verdict == contract.Failed && r.Needed {
		t.needed++
	}
}

func printResult(w io.Writer, r contract.Result) {
	why := ""
	switch {
	case r.Verdict == contract.Failed && !r.Needed:
		why = " (not needed for measuring)"
	case r.Verdict != contract.Failed && r.Why != "":
		why = " (" + r.Why + ")"
	}
	word := map[contract.Verdict]string{contract.Passed: "passed", contract.Absent: "absent", contract.Failed: "FAILED", contract.Untried: "not tried"}[r.Verdict]
	fmt.Fprintf(w, "  %s  %s%s\n", word, r.Name, why)
	if r.Verdict == contract.Failed {
		fmt.Fprintf(w, "          asked:  %s\n          found:  %s\n          remedy: %s\n", r.Fault.Asked, r.Fault.Found, r.Fault.Remedy)
	}
}
