package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pollpush/pollpush/internal/scenario"
)

type scenariosCommand struct{}

// Run lists the scenarios, each with the time it takes.
func (*scenariosCommand) Run(s *session) error {
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SCENARIO\tTAKES\tTRANSPORTS\tQUESTION")
	for _, name := range scenario.Names() {
		one, err := scenario.Load(name, known())
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", name, one.Duration().Round(time.Second), strings.Join(one.Transports(), ", "), one.About)
	}
	return w.Flush()
}
