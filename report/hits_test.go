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
	case strings.HasPrefix(h.chart, "Latency of one trial"):
		a.columnHit(h, transport)
	case strings.HasPrefix(h.chart, "How latencies are spread"):
		a.barHit(h, transport)
	default:
		for line := range strings.Lines(h.y) {
			a.sentence(line)
		}
	}
}

// allLatencies are those of all of a transport's trials together.
func (a *audit) allLatencies(transport string) *hdrhistogram.Histogram {
	all := hdrhistogram.New(1, int64(3600e9), 3)
	for _, trial := range a.used[transport] {
		text := trial["latency_hdr"].(string)
		if text == "" {
			continue
		}
		each, err := hdrhistogram.Decode([]byte(text))
		if err != nil {
			a.fault("%v", err)
			continue
		}
		all.Merge(each)
	}
	return all
}

func (a *audit) percentileHit(h pointed, transport string) {
	all := a.allLatencies(transport)
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
			for _, name := range []string{"published", "deliveries", "requests", "server_cpu_s", "server_rss_bytes"} {
				v, known := second[name].(float64)
				ok = ok || known && len(t) == 1 && t[0].prints(v)
			}
			ok = ok || len(t) == 1 && t[0].prints(8*(second["bytes_in"].(float64)+second["bytes_out"].(float64)))
		}
		if !ok {
			a.fault("%q at %s is no number of that second", line, h.x)
		}
	}
}

// bucketLow is where a bucket of latencies begins, in seconds, as docs/method.md has
// it: 50 µs wide up to 0.4 ms, and above four to a power of two.
func bucketLow(i int) float64 {
	if i <= 8 {
		return float64(i) * 50e-6
	}
	return 50e-6 * math.Exp2(float64(i/4)+1) * (1 + float64(i%4)/4)
}

// columnHit is of some seconds of a transport's first trial.
func (a *audit) columnHit(h pointed, transport string) {
	from, to := tokens(h.x)[0].value, tokens(h.x)[1].value
	var counts [80]float64
	all, last := 0.0, 0
	for _, s := range a.used[transport][0]["series"].([]any) {
		second := s.(map[string]any)
		latencies, _ := second["latencies"].([]any)
		for i, n := range latencies {
			if t := second["t"].(float64); t >= from && t < to {
				counts[i] += n.(float64)
				all += n.(float64)
				last = max(last, i)
			}
		}
	}
	rank := func(q float64) (i int) {
		for below := 0.0; i < len(counts); i++ {
			if below += counts[i]; below >= q*all-1e-9 {
				break
			}
		}
		return i
	}
	for line := range strings.Lines(h.y) {
		t := tokens(line)
		want := map[string]int{"p50": rank(.5), "p99": rank(.99), "longest": last}
		switch word, rest, _ := strings.Cut(line, " "); {
		case len(t) == 1 && t[0].prints(all) && strings.HasPrefix(rest, "deliver"):
		case word == "p50" && all < 20 || word == "p99" && all < 1000:
			a.fault("%q of %v deliveries", line, all)
		case len(t) >= 2 && t[len(t)-2].prints(bucketLow(want[word])) && t[len(t)-1].prints(bucketLow(want[word]+1)):
		default:
			a.fault("%q of %s at %s, want the bucket from %v s on, of %v deliveries", line, transport, h.x, bucketLow(want[word]), all)
		}
	}
}

// bars are the shares of a transport's deliveries by latency, twelve bars to a power
// of ten.
func (a *audit) bars(transport string) map[float64]float64 {
	all, shares := a.allLatencies(transport), map[float64]float64{}
	for _, b := range all.Distribution() {
		if b.Count == 0 {
			continue
		}
		shares[math.Floor(12*math.Log10(float64(b.From+b.To)/2e9))] += float64(b.Count) / float64(all.TotalCount())
	}
	return shares
}

func (a *audit) barHit(h pointed, transport string) {
	bounds, said := tokens(h.x), tokens(h.y)
	low := math.Round(12 * math.Log10(bounds[0].value))
	share := a.shares[transport][low]
	if len(said) != 1 || !said[0].prints(share) || !bounds[0].prints(math.Pow(10, low/12)) || !bounds[1].prints(math.Pow(10, (low+1)/12)) {
		a.fault("%q is said of %s at %q, but it is %v", h.y, transport, h.x, share)
	}
}
