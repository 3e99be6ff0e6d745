package export

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/internal/number"
	"github.com/pollpush/pollpush/report/internal/trials"
)

// Exports are the report's numbers for other programs, as files by name: in
// base units and in full precision. It is an error if two points of the run
// have the same values.
func Exports(s *trials.Set) (map[string][]byte, error) {
	files := map[string][]byte{
		"bench.txt":    bench(s),
		"metrics.prom": prometheus(s),
	}
	var err error
	if files["summary.csv"], err = setCsv(s); err != nil {
		return nil, err
	}
	if files["junit.xml"], err = setJunit(s); err != nil {
		return nil, err
	}
	if err := histograms(s, files); err != nil {
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

var exportUnits = map[number.Unit]exportUnit{
	number.Count:     {"1", "", "", 1},
	number.Ratio:     {"1", "", "", 1},
	number.Seconds:   {"s", "-sec", "_seconds", 1},
	number.PerMinute: {"1/min", "/min", "_per_second", 1. / 60},
	number.PerSecond: {"1/s", "/sec", "_per_second", 1},
	number.BytesEach: {"bytes", "-B", "_bytes", 1},
	number.Memory:    {"bytes", "-B", "_bytes", 1},
	number.BitRate:   {"bit/s", "-bit/sec", "_bytes_per_second", 1. / 8},
	number.Share:     {"1", "-ratio", "_ratio", 1},
	number.Cores:     {"1", "-ratio", "_ratio", 1},
	number.CpuRate:   {"1", "-ratio", "_ratio", 1},
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
