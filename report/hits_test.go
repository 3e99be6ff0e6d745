package report

import (
	"math"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// hit checks what a chart tells who points at it.
func (a *audit) hit(h pointed) {
	transport, _, _ := strings.Cut(h.name, " (")
	switch {
	case strings.HasSuffix(h.x, " of deliveries"):
		a.percentileHit(h, transport)
	case strings.HasPrefix(h.chart, "One trial of each transport"):
		a.secondHit(h)
	default:
		for line := range strings.Lines(h.y) {
			a.sentence(line)
		}
	}
}

// percentileHit is of all of a transport's trials together.
func (a *audit) percentileHit(h pointed, transport string) {
	all := hdrhistogram.New(1, int64(3600e9), 3)
	for _, trial := range a.used[transport] {
		each, err := hdrhistogram.Decode([]byte(trial["latency_hdr"].(string)))
		if err != nil {
			a.fault("%v", err)
			return
		}
		all.Merge(each)
	}
	q := tokens(h.x)[0].value
	value := float64(all.ValueAtQuantile(q*100)) / 1e9
	if t := tokens(h.y); len(t) != 1 || t[0].unit != "s" || !t[0].prints(value) {
		a.fault("%s of %s is %q, want %v s", h.x, h.name, h.y, value)
	}
}

// secondHit is of each transport's first trial.
func (a *audit) secondHit(h pointed) {
	from := tokens(h.x)[0].value
	for line := range strings.Lines(h.y) {
		transport, _, _ := strings.Cut(line, " ")
		t := tokens(line[len(transport):])
		ok := false
		for _, s := range a.used[transport][0]["series"].([]any) {
			second := s.(map[string]any)
			if math.Abs(second["t"].(float64)-from) > 1e-9 {
				continue
			}
			for _, name := range []string{"deliveries", "requests", "server_cpu_s"} {
				v, known := second[name].(float64)
				ok = ok || known && len(t) == 1 && t[0].prints(v)
			}
		}
		if !ok {
			a.fault("%q at %s is no number of that second", line, h.x)
		}
	}
}
