package formula

import (
	"go/ast"
	"math"
	"reflect"
	"time"

	"github.com/pollpush/pollpush/internal/result"
)

// function can be called in formulas. It takes args arguments, any number if 0.
type function struct {
	args int
	of   func([]node) node
}

// functions of values, by name.
var functions = map[string]function{
	// any(x) is x, unknown if x is 0.
	"any": one(func(x float64) float64 { return given(x, x) }),
	// given(a, x) is x, unknown if a is 0 or unknown.
	"given": two(given),
	// above(a, x) is x, unknown if x is below a.
	"above": two(func(a, x float64) float64 {
		if x < a {
			return math.NaN()
		}
		return x
	}),
	// either(x, y) is x, or y if x is unknown.
	"either": two(func(x, y float64) float64 {
		if math.IsNaN(x) {
			return y
		}
		return x
	}),
	// known(x) is 1, or 0 if x is unknown; not(x) is 1 if x is 0, else 0.
	"known": one(func(x float64) float64 { return truth(!math.IsNaN(x)) }),
	"not":   one(func(x float64) float64 { return truth(x == 0) }),
	"min":   {0, func(args []node) node { return fold(args, math.Min) }},
	"max":   {0, func(args []node) node { return fold(args, math.Max) }},
	"exp":   one(math.Exp),
	"ceil":  one(math.Ceil),
}

func given(a, x float64) float64 {
	if a == 0 || math.IsNaN(a) {
		return math.NaN()
	}
	return x
}

func one(f func(float64) float64) function {
	return function{1, func(args []node) node {
		x := args[0]
		return func(v reflect.Value) float64 { return f(x(v)) }
	}}
}

func two(f func(a, b float64) float64) function {
	return function{2, func(args []node) node { return fold(args, f) }}
}

// fold combines the arguments from the left, two at a time.
func fold(args []node, f func(a, b float64) float64) node {
	return func(v reflect.Value) float64 {
		x := args[0](v)
		for _, arg := range args[1:] {
			x = f(x, arg(v))
		}
		return x
	}
}

func (c *compiler) percentile(histogram, p ast.Expr) node {
	percent := c.node(p)
	return c.field(histogram, func(t reflect.Type) node {
		if t.Kind() != reflect.String {
			return nil
		}
		return func(v reflect.Value) float64 {
			h, err := result.DecodeHistogram(v.String())
			if q := percent(v); err == nil && result.Enough(h.TotalCount(), q/100) {
				return float64(h.ValueAtQuantile(q)) / float64(time.Second)
			}
			return math.NaN()
		}
	})
}
