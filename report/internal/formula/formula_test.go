package formula

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
)

type inner struct {
	C float64 `json:"c"`
}

type Shared struct {
	S int64 `json:"s"`
}

type outer struct {
	Shared
	A       int               `json:"a"`
	B       *inner            `json:"b"`
	None    *float64          `json:"none,omitempty"`
	Gone    *inner            `json:"gone"`
	Counts  map[string]int64  `json:"counts"`
	List    []inner           `json:"list"`
	Yes     bool              `json:"yes"`
	Text    string            `json:"text"`
	Started time.Time         `json:"started"`
	Names   map[string]string `json:"names"`
	Hidden  int
}

var example = &outer{Shared: Shared{8}, A: 6, B: &inner{4}, Counts: map[string]int64{"200": 5}, List: []inner{{7}}, Yes: true}

func TestCompile(t *testing.T) {
	unknown := math.NaN()
	for text, want := range map[string]float64{
		"1 + 2 * 3 - 4 / 2": 5, "(1 + 2) * -3": -9, "8 / 2 / 2": 2, "a - b.c - 1": 1, " a*2 ": 12, "0.25": 0.25, "s": 8,
		"counts[200] * 2": 10, "counts[304] + 1": 1, "list[0].c": 7, "list[1].c": unknown, "none": unknown, "gone.c": unknown, "yes": 1, "text": 0,
		"a / 0": unknown, "a / (0 - 1)": unknown, "0 / a": 0, "a / none": unknown,
		"any(a)": 6, "any(0)": unknown, "given(0, a)": unknown, "given(none, a)": unknown, "given(2, a)": 6,
		"above(7, a)": unknown, "above(6, a)": 6, "above(0, 1 - a)": unknown, "above(0, gone.c)": unknown,
		"either(a, 1)": 6, "either(none, 1)": 1, "known(a)": 1, "known(none)": 0, "not(text)": 1, "not(a)": 0, "not(none)": 0,
		"min(a, 2, 3) + max(1, 2)": 4, "max(1)": 1, "exp(-0)": 1, "ceil(a / 4)": 2, "percentile(text, 50)": unknown,
	} {
		f, err := Compile[outer](text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f(example); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"": "expected operand", "1 +": "expected operand", "(1": "expected ')'", "1 2": "expected 'EOF'", "a % 2": "no operator %", "!a": "*ast.UnaryExpr is no part", "'a'": "*ast.BasicLit is no part",
		"mean(a)": "no function mean of 1 values", "any(1, 2)": "no function any of 2 values", "min()": "no function min of 0 values", "b.c(1)": "of 1 values", "func() {}": "no part of a formula",
		"A": "has no A", "b": "is no value", "b.d": "has no d", "a.b": "a int has no b", "list.c": "has no c", "list[-1]": "no path of keys", "list[a]": "no path of keys", `counts["200"]`: "no path of keys", "(b).c": "no path of keys",
		"counts": "is no value", "counts[2].x": "has no 2", "names[1]": "has no 1", "started.wall": "has no wall", "hidden": "has no hidden",
		"percentile(a, 50)": "is no value", "percentile(text)": "no function percentile of 1 values",
	} {
		_, err := Compile[outer](text)
		assert.Check(t, err != nil && strings.Contains(err.Error(), want), "%q: error %v, want one that says %q", text, err, want)
	}
}

func TestPercentile(t *testing.T) {
	h := result.NewHistogram()
	assert.NilError(t, h.RecordValues(int64(2*time.Second), 200))
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	assert.NilError(t, err)
	for formula, want := range map[string]float64{"percentile(text, 95)": 2, "percentile(text, 95.1)": math.NaN()} {
		f, err := Compile[outer](formula)
		assert.NilError(t, err)
		got := f(&outer{Text: string(text)})
		assert.Check(t, math.IsNaN(got) == math.IsNaN(want) && !(math.Abs(got-want) > 0.002), "%s is %v, want %v", formula, got, want)
	}
}

func TestEvaluatingAllocatesNothing(t *testing.T) {
	f, err := Compile[outer]("given(max(a, known(gone.c)), either(list[0].c, none) * b.c) / (counts[200] + s)")
	assert.NilError(t, err)
	assert.Check(t, is.Equal(testing.AllocsPerRun(100, func() { f(example) }), float64(0)), "allocations")
}

// Whatever is taken for a formula is evaluated without a panic.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"(a + b.c) * 8 / (s * list[0].c)", "given(max(a, known(gone.c)), counts[200])", "percentile(text, 95)", "((-1", "a[b]", "min(1,", "none/none", "a.(b)", "[]int{1}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return
		}
		if formula, err := Compile[outer](text); err == nil {
			formula(example)
			formula(&outer{})
		}
	})
}
