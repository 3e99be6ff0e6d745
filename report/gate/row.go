package gate

import (
	"fmt"
	"math"
	"strings"

	"github.com/pollpush/pollpush/internal/quantity"
	"github.com/pollpush/pollpush/report/internal/compare"
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/number"
)

// leastEdge is the least addition to a limit that is worth a word.
const leastEdge = 0.0005

// row is a change as it is printed.
type row struct{ *compare.Change }

func (c *Comparison) rows() []row {
	list := make([]row, len(c.Changes))
	for i := range c.Changes {
		list[i] = row{&c.Changes[i]}
	}
	return list
}

// label is the metric's name, with what of its trials is compared.
func (r row) label() string {
	if r.Worst {
		return r.Metric.Name + " (worst trial)"
	}
	return r.Metric.Name
}

// print is a number of the row.
func (r row) print(v float64) string {
	if r.Metric.Unit == number.Count && !math.IsNaN(v) && v != math.Trunc(v) {
		return number.Plain(v) // a mean over trials
	}
	return r.Metric.Unit.Format(v)
}

// change is relative, and shows where it is beyond what is tolerated.
func (r row) change() string {
	if r.Within() {
		return number.ChangeText(r.Relative())
	}
	return number.ChangeText(r.Relative(), r.Tolerance())
}

// difference is the change in the row's unit, with its sign; of per cent it is
// in points.
func (r row) difference() string {
	d := r.New.Value - r.Base.Value
	sign := "+"
	if d < 0 {
		sign = "−"
	}
	if u := r.Metric.Unit; u == number.Share || u == number.Cores {
		return sign + number.Plain(100*math.Abs(d)) + " points"
	}
	return sign + r.Metric.Unit.Short(math.Abs(d))
}

// limit is what is tolerated, and what the edges of the window add to it.
func (r row) limit() string {
	s := number.Percent(r.Limit)
	if edges := math.Ceil(r.Edges*1000) / 1000; r.Edges >= leastEdge {
		if !r.Within() {
			edges = r.Edges // a limit rounded up might seem to hold
		}
		s = number.Plain(r.Limit*100) + "+" + number.Percent(edges)
	}
	if r.Metric.Better == metric.Neutral {
		s = "±" + s
	}
	return s
}

// tolerated is the limit, and what holds in its place where that is less than
// what chance alone does.
func (r row) tolerated() string {
	if r.Untestable() {
		return r.limit() + " → " + r.floor()
	}
	return r.limit()
}

// floor is what chance alone does, where that is more than the limit.
func (r row) floor() string {
	text, _ := quantity.Apart(quantity.Percent, r.Floor, r.Limit)
	return text
}

// significance is as benchstat prints it: the p-value before any correction,
// and the samples.
func (r row) significance() string {
	s := fmt.Sprintf("n=%d", r.Base.N)
	if r.Base.N != r.New.N {
		s += fmt.Sprintf("+%d", r.New.N)
	}
	if r.Tested() {
		s = fmt.Sprintf("p=%.3f %s", r.P, s)
	}
	return s
}

// finding is a change in words, with all that it takes to believe it.
func (r row) finding() string {
	name := r.Where() + ": " + r.label()
	if r.New.N == 0 {
		return fmt.Sprintf("%s is missing: no trial of the new run has it (it was %s)", name, r.print(r.Base.Value))
	}
	limit := r.limit()
	if r.Untestable() {
		limit += ", runs of one commit differ by up to " + r.floor()
	}
	if r.Tested() {
		limit += ", " + r.significance()
	}
	return fmt.Sprintf("%s went from %s to %s (%s, %s, limit %s)", name, r.print(r.Base.Value), r.print(r.New.Value), r.difference(), r.change(), limit)
}

// warning is what to know of a row that is no regression, or is more than one;
// it is empty where there is nothing.
func (r row) warning() string {
	switch {
	case r.Warns(), r.Gap == compare.NotInNew:
		return r.finding()
	case r.Thinned():
		return fmt.Sprintf("%s: %s is in %d of %d trials of the new run, and in %d of %d of the base",
			r.Where(), r.Metric.Name, r.New.N, r.New.Trials, r.Base.N, r.Base.Trials)
	}
	return ""
}

// untestable says of a row that its limit is below what chance alone does.
func (r row) untestable() string {
	if !r.Untestable() {
		return ""
	}
	return fmt.Sprintf("%s: %s (limit %s, but %s)", r.Where(), r.Metric.Name, r.limit(), r.floor())
}

// withInterval is a median with its bounds.
func (r row) withInterval(m compare.Median) document.Cell {
	cell := document.Number(r.print(m.Value), m.Value)
	if !math.IsNaN(m.Low) {
		cell.Range = r.Metric.Unit.Range(m.Value, m.Low, m.High)
	}
	return cell
}

// withSpread is a median and how far its interval reaches from it, at the wider
// side, as benchstat prints it.
func (r row) withSpread(m compare.Median) document.Cell {
	cell := document.Number(r.print(m.Value), m.Value)
	far := max(m.High-m.Value, m.Value-m.Low) / math.Abs(m.Value)
	switch {
	case math.IsNaN(far), math.IsInf(far, 0), far == 0:
	case far >= 0.1:
		cell.Stamp = fmt.Sprintf("±%.0f %%", 100*far)
	default:
		cell.Stamp = "±" + strings.TrimSuffix(fmt.Sprintf("%.1f", 100*far), ".0") + " %"
	}
	return cell
}

// verdict is the row's, with what it rests on.
func (r row) verdict() document.Cell {
	cell := document.Cell{Text: string(r.Verdict), Warning: r.Verdict == compare.Worse}
	if r.Warns() {
		cell.Text += "*"
	}
	if r.Tested() && r.Verdict != compare.Untested {
		cell.Stamp = r.significance()
	}
	return cell
}

// short are the cells of a terminal's table.
func (r row) short() []document.Cell {
	return []document.Cell{document.Text(r.label()), r.withSpread(r.Base), r.withSpread(r.New), document.Number(r.change(), r.Relative()), document.Text(r.tolerated()), r.verdict()}
}

// long are the cells of a Markdown table.
func (r row) long() []document.Cell {
	gates := "no"
	if r.Gates {
		gates = "yes"
	}
	return []document.Cell{document.Text(r.Point), document.Text(r.Transport), document.Text(r.label()), r.withInterval(r.Base), r.withInterval(r.New),
		document.Number(r.change(), r.Relative()), document.Text(r.significance()), document.Text(r.tolerated()), document.Text(gates), document.Text(string(r.Verdict))}
}
