package prose

import (
	"github.com/pollpush/pollpush/report/internal/document"
	"github.com/pollpush/pollpush/report/internal/metric"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// nearness is how far each transport's trials were from breaking.
func nearness(r *trials.Point) document.Section {
	t, shown := knownTable(r, metric.NearLimits)
	return document.Section{
		About: "This run has one load, so it does not tell what breaks first as the load grows, but how near this one came: a run over several numbers of clients tells the rest.",
		Table: t, Meanings: meanings(shown),
	}
}
