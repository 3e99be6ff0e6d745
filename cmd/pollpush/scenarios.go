package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pollpush/pollpush/internal/quantity"
	"github.com/pollpush/pollpush/internal/scenario"
)

type scenariosCommand struct {
	Name string `arg:"" optional:"" help:"Print this scenario, or file, instead of the list: its question, the time it takes, its YAML."`
}

// Run lists the scenarios, or prints one.
func (c *scenariosCommand) Run(s *session) error {
	if c.Name != "" {
		return printScenario(s, c.Name)
	}
	// On a terminal the question has lines of its own: none is as wide as a table.
	layout := "%s\t%s\t%s\t%s\n"
	if s.stdout.terminal {
		layout = "%-18s  %-7s  %s\n    %s\n"
	}
	w := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, layout, "SCENARIO", "TAKES", "TRANSPORTS", "QUESTION")
	for _, name := range scenario.Names() {
		one, err := scenario.Load(name, known())
		if err != nil {
			return err
		}
		fmt.Fprintf(w, layout, name, takes(one), strings.Join(one.Transports(), ", "), one.About)
	}
	return w.Flush()
}

func takes(g scenario.Grid) string { return g.Duration().Round(time.Second).String() }

// printScenario prints a scenario as a file that can be changed and run.
func printScenario(s *session, name string) error {
	file, src, err := scenario.Read(name)
	if err != nil {
		return err
	}
	g, err := scenario.Parse(file, src, known())
	if err != nil {
		return err
	}
	at := ""
	if n := len(g.Points); n > 1 {
		at = fmt.Sprintf(" at %s", quantity.Of(n, "point"))
	}
	text := strings.TrimPrefix(string(src), "# yaml-language-server: $schema=schema.json\n") // which is only in a checkout
	_, err = fmt.Fprintf(s.stdout, `# %s
# Takes %s: %s of each transport%s (%s).
# To run it: pollpush run %s
# To change it: pollpush scenarios %[6]s > mine.yaml, edit that, and pollpush run mine.yaml
# For every key: pollpush scenarios example

%s`, g.About, takes(g), quantity.Of(g.Points[0].Trials, "trial"), at, strings.Join(g.Transports(), ", "), name, text)
	return err
}
