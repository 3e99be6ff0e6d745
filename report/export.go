package report

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
)

// exports are the report's numbers for other programs, as files by name: in
// base units and in full precision. It is an error if two points of the run
// have the same values.
func (s *sweep) exports() (map[string][]byte, error) {
	files := map[string][]byte{
		"bench.txt":    s.bench(),
		"metrics.prom": s.prometheus(),
	}
	var err error
	if files["summary.csv"], err = s.csv(); err != nil {
		return nil, err
	}
	if files["junit.xml"], err = s.junit(); err != nil {
		return nil, err
	}
	if err := s.histograms(files); err != nil {
		return nil, err
	}
	return files, nil
}

// pointKeys name what a point is asked for, as a trial's line does.
var pointKeys = []struct {
	name  string
	swept string // the scenario's key
	of    func(*result.Trial) float64
}{
	{"clients", "clients", func(t *result.Trial) float64 { return float64(t.Clients) }},
	{"rooms", "rooms", func(t *result.Trial) float64 { return float64(t.Asked.Rooms) }},
	{"payload_bytes", "payload", func(t *result.Trial) float64 { return float64(t.Asked.PayloadBytes) }},
	{"publish_rate", "publish.rate", func(t *result.Trial) float64 { return t.Asked.PublishRate }},
	{"poll_interval_s", "poll.interval", func(t *result.Trial) float64 { return t.Asked.PollIntervalS }},
}

// exportUnit is what other programs call a unit.
type exportUnit struct {
	csv        string
	bench      string  // ends the metric's name, by the conventions of benchstat
	prometheus string  // likewise, by those of Prometheus
	base       float64 // what one of it is in Prometheus' unit
}

var exportUnits = map[unit]exportUnit{
	count:     {"1", "", "", 1},
	ratio:     {"1", "", "", 1},
	seconds:   {"s", "-sec", "_seconds", 1},
	perMinute: {"1/min", "/min", "_per_second", 1. / 60},
	perSecond: {"1/s", "/sec", "_per_second", 1},
	bytesEach: {"bytes", "-B", "_bytes", 1},
	memory:    {"bytes", "-B", "_bytes", 1},
	bitRate:   {"bit/s", "-bit/sec", "_bytes_per_second", 1. / 8},
	share:     {"1", "-ratio", "_ratio", 1},
	cores:     {"1", "-ratio", "_ratio", 1},
	cpuRate:   {"1", "-ratio", "_ratio", 1},
}

// inFull prints all of a number.
func inFull(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// fileName is a name that any file system takes and that leads nowhere else,
// another one for each s.
func fileName(s string) string {
	const longest = 100
	var name strings.Builder
	for _, b := range []byte(s) {
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_' {
			name.WriteByte(b)
		} else {
			fmt.Fprintf(&name, "~%02X", b)
		}
	}
	if name.Len() > longest {
		return fmt.Sprintf("~~%x", sha256.Sum256([]byte(s)))
	}
	return name.String()
}
