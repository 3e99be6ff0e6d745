// Package gate compares a run with a base and says, as text, Markdown and JUnit
// XML, what has become worse, what was tested, and what was not.
package gate

import (
	"slices"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/noise"
)

type (
	// Options say how a comparison is made.
	Options = compare.Options

	// Noise is how far runs of one commit differ, by machine.
	Noise = noise.Noise
)

// NoiseFile is the name of what is known of machines' noise, beside a base's
// results.
const NoiseFile = noise.FileName

// FewestTrials is how many trials of each run it takes to compare times.
const FewestTrials = compare.FewestTrials

// Comparison is one run set against another of the same scenario.
type Comparison struct{ *compare.Comparison }

// Compare sets a new run against a base, point by point. The error says why the
// runs cannot be compared.
func Compare(base, next []result.Trial, o Options) (*Comparison, error) {
	c, err := compare.Compare(base, next, o)
	if err != nil {
		return nil, err
	}
	return &Comparison{c}, nil
}

// Foresee is an error where trials that are planned will lack their like in a base.
func Foresee(base, planned []result.Trial) error { return compare.Foresee(base, planned) }

// MetricIDs lists the names, for programs, of the metrics that have a limit.
func MetricIDs() []string { return compare.MetricIDs() }

// ReadNoise reads what is known of machines' noise; where there is no file, it
// is nothing.
func ReadNoise(path string) (*Noise, error) { return noise.Read(path) }

// Learn adds what two runs of one commit differ by to what is known of noise.
func Learn(known *Noise, base, next []result.Trial) error { return compare.Learn(known, base, next) }

// Regressions are what a caller should fail for, in words: what is missing,
// every row that gates and is worse, and the headers that explain it.
func (c *Comparison) Regressions() []string {
	rows := slices.DeleteFunc(c.rows(), func(r row) bool { return !r.Regressed() })
	headers := slices.DeleteFunc(slices.Clone(c.Headers), func(h compare.Header) bool { return !h.Explains })
	return slices.Concat(said(c.Missing, missing), said(rows, row.finding), said(headers, header))
}

// Warnings are the changes for the worse that do not gate, in words, and the
// numbers that the new run lacks, or of which it has too few.
func (c *Comparison) Warnings() []string { return said(c.rows(), row.warning) }

// said is what there is to say of each of a list; empty words are left out.
func said[T any](list []T, say func(T) string) (out []string) {
	for _, v := range list {
		if text := say(v); text != "" {
			out = append(out, text)
		}
	}
	return out
}
