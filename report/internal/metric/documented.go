package metric

import (
	"fmt"
	"strings"

	"github.com/pollpush/pollpush/report/internal/number"
)

// Documented is the table as docs/formulas.md has it, in Markdown.
func Documented() string {
	var b strings.Builder
	b.WriteString("| number | formula | unit | better | limit | id | what it means |\n|---|---|---|---|---|---|---|\n")
	for i := range All {
		m := &All[i]
		unit, better, limit, id := m.Unit.Names().Documented, "", "", ""
		if m.Total {
			unit += ", sum"
		}
		if m.Use&Compared != 0 {
			better = [...]string{"neither", "lower", "higher"}[m.Better]
			limit = number.Percent(m.Limit)
		}
		if m.Use&(Main|Compared) != 0 {
			id = "`" + m.ID() + "`"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %s | %s |\n", m.Name, m.Formula, unit, better, limit, id, m.Means)
	}
	return b.String()
}
