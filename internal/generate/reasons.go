package main

import (
	"fmt"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// reasons are the rows of the table of validity: a line for each validity that a
// reason can give a trial.
func reasons() (string, error) {
	var b strings.Builder
	b.WriteString("| reason (`code`) | when | makes the trial |\n|---|---|---|\n")
	for _, k := range result.Reasons {
		code := "`" + k.Code + "` "
		for _, row := range []struct {
			when     string
			validity result.Validity
		}{{k.Suspect, result.Suspect}, {k.Invalid, result.Invalid}} {
			if row.when != "" {
				fmt.Fprintf(&b, "| %s| %s | %s |\n", code, row.when, row.validity)
				code = ""
			}
		}
	}
	return b.String(), nil
}
