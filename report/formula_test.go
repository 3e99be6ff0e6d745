package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// formula is a row of the tables in method.md.
type formula struct {
	name string
	expr string
	unit string // "s", "bytes", "bit/s", "%", "/min", "/s" or "1"
	over string // the trials: "sum", "fit", or the median
}

var formulaRow = regexp.MustCompile("^\\| (.+?) \\| `(.+)` \\| (.+?)(?:, (sum|fit))? \\|$")

// documented reads the formulas as they stand in docs/method.md.
func documented(t *testing.T) map[string]formula {
	t.Helper()
	doc, err := os.ReadFile("../docs/method.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(doc), "\n## Formulas\n")
	part, _, _ = strings.Cut(part, "\n## ")
	list := map[string]formula{}
	for line := range strings.Lines(part) {
		if m := formulaRow.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			if _, twice := list[m[1]]; twice {
				t.Errorf("docs/method.md has two formulas for %q", m[1])
			}
			list[m[1]] = formula{m[1], m[2], m[3], m[4]}
		}
	}
	if len(list) == 0 {
		t.Fatal("docs/method.md has no table of formulas")
	}
	return list
}

// rawTrials reads a results file as nothing but JSON.
func rawTrials(t *testing.T, path string) []map[string]any {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []map[string]any
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var trial map[string]any
		if err := json.Unmarshal(lines.Bytes(), &trial); err != nil {
			t.Fatal(err)
		}
		list = append(list, trial)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// evaluation works a formula out: sums of products of numbers, names, calls
// and brackets, from left to right.
type evaluation struct {
	rest  string
	trial map[string]any
	seen  map[string]bool // the names in it, and whether any trial has them
	fault error
}

// evaluate is NaN where a number is unknown. Into seen go the names, and whether
// the trial has them.
func evaluate(expr string, trial map[string]any, seen map[string]bool) (float64, error) {
	e := &evaluation{rest: expr, trial: trial, seen: seen}
	v := e.sum()
	if e.fault == nil && e.rest != "" {
		e.fault = fmt.Errorf("%q is left over", e.rest)
	}
	if e.fault != nil {
		return 0, fmt.Errorf("formula %q: %w", expr, e.fault)
	}
	return v, nil
}

// take removes a token from the front, if it is there.
func (e *evaluation) take(token string) bool {
	e.rest = strings.TrimLeft(e.rest, " ")
	rest, ok := strings.CutPrefix(e.rest, token)
	if ok {
		e.rest = strings.TrimLeft(rest, " ")
	}
	return ok
}

func (e *evaluation) sum() float64 {
	v := e.product()
	for {
		switch {
		case e.take("+"):
			v += e.product()
		case e.take("-"):
			v -= e.product()
		default:
			return v
		}
	}
}

func (e *evaluation) product() float64 {
	v := e.factor()
	for {
		switch {
		case e.take("*"):
			v *= e.factor()
		case e.take("/"):
			if by := e.factor(); by != 0 {
				v /= by
			} else {
				v = math.NaN()
			}
		default:
			return v
		}
	}
}

var (
	numeral = regexp.MustCompile(`^\d+(\.\d+)?`)
	word    = regexp.MustCompile(`^[a-z_]+(\.\w+)*`)
)

func (e *evaluation) factor() float64 {
	switch {
	case e.take("-"):
		return -e.factor()
	case e.take("("):
		v := e.sum()
		e.expect(")")
		return v
	}
	if n := numeral.FindString(e.rest); n != "" {
		e.take(n)
		v, _ := strconv.ParseFloat(n, 64)
		return v
	}
	name := word.FindString(e.rest)
	if name == "" {
		e.expect("a number, a name or a bracket")
		e.rest = ""
		return 0
	}
	e.take(name)
	if !e.take("(") {
		return e.field(name)
	}
	args := []float64{e.sum()}
	for e.take(",") {
		args = append(args, e.sum())
	}
	e.expect(")")
	return e.call(name, args)
}

func (e *evaluation) expect(token string) {
	if !e.take(token) && e.fault == nil {
		e.fault = fmt.Errorf("%s is missing before %q", token, e.rest)
	}
}

func (e *evaluation) call(name string, args []float64) float64 {
	unless := func(condition, v float64) float64 {
		if condition == 0 || math.IsNaN(condition) {
			return math.NaN()
		}
		return v
	}
	switch {
	case name == "exp" && len(args) == 1:
		return math.Exp(args[0])
	case name == "ceil" && len(args) == 1:
		return math.Ceil(args[0])
	case name == "any" && len(args) == 1:
		return unless(args[0], args[0])
	case name == "given" && len(args) == 2:
		return unless(args[0], args[1])
	case name == "above" && len(args) == 2:
		if args[1] < args[0] {
			return math.NaN()
		}
		return args[1]
	case name == "min" && len(args) == 2:
		return math.Min(args[0], args[1])
	case name == "max" && len(args) == 2:
		return math.Max(args[0], args[1])
	}
	e.fault = fmt.Errorf("there is no %s of %d numbers", name, len(args))
	return 0
}

// field is a number of the trial: 0 where only it is absent, and unknown where
// it is null or what it belongs to is absent.
func (e *evaluation) field(path string) float64 {
	e.seen[path] = e.seen[path] || false
	var at any = e.trial
	keys := strings.Split(path, ".")
	for i, key := range keys {
		var next any
		var there bool
		switch v := at.(type) {
		case map[string]any:
			next, there = v[key]
			if !there && i == len(keys)-1 {
				return 0
			}
		case []any:
			if n, err := strconv.Atoi(key); err == nil && n < len(v) {
				next = v[n]
			}
		}
		at = next
	}
	if v, ok := at.(float64); ok {
		e.seen[path] = true
		return v
	}
	return math.NaN()
}

func TestEvaluate(t *testing.T) {
	trial := map[string]any{"a": 6.0, "b": map[string]any{"c": 4.0, "none": nil, "200": 5.0}, "list": []any{map[string]any{"x": 7.0}}}
	for expr, want := range map[string]float64{
		"1 + 2 * 3 - 4 / 2": 5, "(1 + 2) * -3": -9, "8 / 2 / 2": 2, "a - b.c - 1": 1, "b.200 * 2": 10, "b.304 + 1": 1,
		"list.0.x": 7, "list.1.x": math.NaN(), "b.none": math.NaN(), "gone.x": math.NaN(), "a / 0": math.NaN(),
		"any(a)": 6, "any(0)": math.NaN(), "given(0, a)": math.NaN(), "above(7, a)": math.NaN(), "above(6, a)": 6, "above(0, 1 - a)": math.NaN(), "above(0, gone.x)": math.NaN(),
		"min(a, 2) + max(1, 2)": 4, "exp(-0)": 1, "ceil(a / 4)": 2,
	} {
		got, err := evaluate(expr, trial, map[string]bool{})
		if err != nil || got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("%s = %v (%v), want %v", expr, got, err, want)
		}
	}
	for _, expr := range []string{"", "1 +", "(1", "1 2", "mean(a)", "min(a)", "A"} {
		if v, err := evaluate(expr, trial, map[string]bool{}); err == nil {
			t.Errorf("%q is %v, and no error", expr, v)
		}
	}
}
