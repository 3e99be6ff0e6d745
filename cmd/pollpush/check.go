package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/contract"
	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/transport"
)

type checkCommand struct {
	URL        string   `arg:"" help:"The server's base address, as http://127.0.0.1:8080."`
	CA         string   `name:"ca" placeholder:"FILE" help:"Certificates, in PEM, that a server of https is trusted by (the system's)."`
	Transports []string `placeholder:"A,B" help:"Check what these transports need, and fail where it is absent; all is every one (what the server offers)."`
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
	names := c.Transports
	if slices.Equal(names, []string{"all"}) {
		names = transport.Names()
	}
	for _, name := range names {
		if _, err := find(name); err != nil {
			return err
		}
	}
	results, err := contract.Check(s, base, roots, names)
	if s.Err() != nil {
		return &exitError{interrupted, "interrupted before all was checked"}
	}
	if err != nil {
		return &control.Refusal{Err: err}
	}
	return judge(base, printResults(s.stdout, results))
}

// tally is how many points there are of each verdict.
type tally [4]int

func (t tally) sum() int {
	return t[contract.Passed] + t[contract.Absent] + t[contract.Failed] + t[contract.Untried]
}

// judge is how the command ends. Where not all was tried, nothing is said of the
// server as a whole.
func judge(base string, count tally) error {
	switch {
	case count[contract.Untried] > 0:
		return &exitError{refused, fmt.Sprintf("the check of %s ran out of time (%v): %d of %d points were not tried, %d failed; see docs/contract.md",
			base, contract.CheckTime, count[contract.Untried], count.sum(), count[contract.Failed])}
	case count[contract.Failed] > 0:
		return &exitError{regression, fmt.Sprintf("%s breaks the contract in %d of %d points; see docs/contract.md", base, count[contract.Failed], count.sum())}
	}
	return nil
}

// find returns the transport of a name.
func find(name string) (transport.Transport, error) {
	t, ok := transport.Find(name)
	if !ok {
		return t, &usageError{fmt.Errorf("transport %q: there is none of this name; there are %s", name, strings.Join(transport.Names(), ", "))}
	}
	return t, nil
}

// printResults prints verdicts, each group under its name, and counts
// them. A group of which nothing is offered is one line.
func printResults(w io.Writer, results []contract.Result) (count tally) {
	for len(results) > 0 {
		n := 1
		for n < len(results) && results[n].Group == results[0].Group {
			n++
		}
		group := results[:n]
		results = results[n:]
		fmt.Fprintln(w, group[0].Group)
		offered := slices.ContainsFunc(group, func(r contract.Result) bool { return r.Verdict != contract.Absent })
		if !offered {
			fmt.Fprintf(w, "  absent  all %d points (%s)\n", n, group[0].Why)
		}
		for _, r := range group {
			count[r.Verdict]++
			switch {
			case !offered:
			case r.Verdict == contract.Passed:
				fmt.Fprintf(w, "  passed  %s\n", r.Name)
			case r.Verdict == contract.Absent:
				fmt.Fprintf(w, "  absent  %s (%s)\n", r.Name, r.Why)
			case r.Verdict == contract.Untried:
				fmt.Fprintf(w, "  not tried  %s\n", r.Name)
			default:
				fmt.Fprintf(w, "  FAILED  %s\n          asked:  %s\n          found:  %s\n          remedy: %s\n",
					r.Name, r.Fault.Asked, r.Fault.Found, r.Fault.Remedy)
			}
		}
	}
	fmt.Fprintf(w, "\n%d passed, %d failed, %d absent", count[contract.Passed], count[contract.Failed], count[contract.Absent])
	if n := count[contract.Untried]; n > 0 {
		fmt.Fprintf(w, ", %d not tried", n)
	}
	fmt.Fprintf(w, ", of %d points\n", count.sum())
	return count
}
