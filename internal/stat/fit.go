package stat

import (
	"math"
	"math/bits"
)

// Fit is how a number is made up of others, as nearly as can be told:
// y ≈ Σ Values[k] × column k, without a constant.
type Fit struct {
	Values []float64 // none is below zero; NaN where the rows cannot tell
	Errors []float64 // standard errors, in the same units
	Rows   int
}

// FitCosts finds the values, none below zero, for which the squared differences
// between y and the model add up to the least (non-negative least squares). It
// does so by trying every set of columns and solving for each, which is exact,
// and meant for a handful of columns.
//
// The standard errors are those of ordinary least squares, s²(XᵀX)⁻¹ with s² the
// squared differences over rows less columns: they take the differences for
// independent and of one size. A column of zeros has no value. Where one column
// is the others' sum, but for a share of 1e-6 of its square, or there are no more
// rows than columns, no column has one.
func FitCosts(rows [][]float64, y []float64) Fit {
	f := Fit{Rows: len(rows)}
	if len(rows) == 0 {
		return f
	}
	width := len(rows[0])
	f.Values, f.Errors = make([]float64, width), make([]float64, width)
	var used []int
	size := make([]float64, width)
	for k := range width {
		f.Values[k], f.Errors[k] = math.NaN(), math.NaN()
		for _, row := range rows {
			size[k] = math.Hypot(size[k], row[k])
		}
		if size[k] > 0 {
			used = append(used, k)
		}
	}
	// Columns of unit length, so that what they are counted in does not matter.
	n := len(used)
	gram, right, total := square(n), make([]float64, n), 0.0
	for i, row := range rows {
		for a, k := range used {
			right[a] += row[k] / size[k] * y[i]
			for b, l := range used {
				gram[a][b] += row[k] / size[k] * row[l] / size[l]
			}
		}
		total += y[i] * y[i]
	}
	root, ok := cholesky(gram)
	if !ok || len(rows) <= n {
		return f
	}
	best, least := make([]float64, n), total
	for set := 1; set < 1<<n; set++ {
		if values, explained, ok := solveFor(set, gram, right); ok && total-explained < least {
			best, least = values, total-explained
		}
	}
	for a, k := range used {
		f.Values[k] = best[a] / size[k]
	}
	spread := 0.0
	for i, row := range rows {
		difference := y[i]
		for _, k := range used {
			difference -= f.Values[k] * row[k]
		}
		spread += difference * difference / float64(len(rows)-n)
	}
	for a, k := range used {
		unit := make([]float64, n)
		unit[a] = 1
		f.Errors[k] = math.Sqrt(spread*solve(root, unit)[a]) / size[k]
	}
	return f
}

// solveFor solves with the columns of a set alone, and tells how much of the
// squares of y they explain. It is not ok where a value is below zero.
func solveFor(set int, gram [][]float64, right []float64) (values []float64, explained float64, ok bool) {
	part, some := square(bits.OnesCount(uint(set))), []float64(nil)
	var columns []int
	for a := range gram {
		if set>>a&1 == 1 {
			columns, some = append(columns, a), append(some, right[a])
		}
	}
	for i, a := range columns {
		for j, b := range columns {
			part[i][j] = gram[a][b]
		}
	}
	root, ok := cholesky(part)
	if !ok {
		return nil, 0, false
	}
	values = make([]float64, len(gram))
	for i, v := range solve(root, some) {
		if v < 0 {
			return nil, 0, false
		}
		values[columns[i]] = v
		explained += v * some[i]
	}
	return values, explained, true
}

// cholesky is the lower triangle L of a symmetric matrix LLᵀ with ones on its
// diagonal. It is not ok where a column is nearly the sum of those before it.
func cholesky(m [][]float64) (root [][]float64, ok bool) {
	const least = 1e-6 // of a column's square, that the others leave
	root = square(len(m))
	for i := range m {
		for j := range i + 1 {
			sum := m[i][j]
			for k := range j {
				sum -= root[i][k] * root[j][k]
			}
			switch {
			case j < i:
				root[i][j] = sum / root[j][j]
			case sum < least:
				return nil, false
			default:
				root[i][i] = math.Sqrt(sum)
			}
		}
	}
	return root, true
}

// solve solves LLᵀx = b.
func solve(root [][]float64, b []float64) []float64 {
	x := append([]float64(nil), b...)
	for i := range x {
		for k := range i {
			x[i] -= root[i][k] * x[k]
		}
		x[i] /= root[i][i]
	}
	for i := len(x) - 1; i >= 0; i-- {
		for k := i + 1; k < len(x); k++ {
			x[i] -= root[k][i] * x[k]
		}
		x[i] /= root[i][i]
	}
	return x
}

func square(n int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	return m
}
