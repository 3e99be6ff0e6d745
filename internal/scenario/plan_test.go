package scenario

import (
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// A hash that changes makes every older result incomparable: change it knowingly.
func TestHashIsStable(t *testing.T) {
	for name, want := range map[string]string{"chat-1k": "0213817fa7d7", "short": "e0ac5deccd91", "example": "1f7b02dde977"} {
		assert.Check(t, is.Equal(load(t, name).Hash(), want), name)
	}
}

func TestHashSeesWhatATrialMeasures(t *testing.T) {
	base := load(t, Default).Hash()
	for _, c := range []struct {
		key, value string
		differs    bool
	}{
		{"about", "something else", false}, {"transports", "ws", false}, {"trials", "9", false}, {"time_limit", "9m", false},
		{"clients", "1000", false}, {"publish.rate", "60/min", false}, {"phases.steady", "20000ms", false}, {"publish.publishers", "10", false},
		{"clients", "999", true}, {"rooms", "2", true}, {"seed", "2", true}, {"payload", "201B", true},
		{"publish.rate", "2/s", true}, {"publish.arrivals", "constant", true}, {"publish.publishers", "9", true},
		{"poll.interval", "2s", true}, {"phases.ramp_up", "3s", true}, {"phases.warm_up", "3s", true},
		{"phases.steady", "21s", true}, {"phases.drain", "4s", true}, {"server.history", "1001", true}, {"server.batch", "51ms", true}, {"server.freeze", "1s", true}, {"tls", "true", true}, {"shards", "2", true},
	} {
		s, err := only(Load(Default, known, Override{c.key, c.value, ""}))
		assert.NilError(t, err)
		got := s.Hash() != base
		assert.Check(t, got == c.differs, "%s=%s: hash differs: %v", c.key, c.value, got)
	}
	renamed, err := parse("other.yaml", []byte(good))
	assert.NilError(t, err)
	first, _ := parse("x.yaml", []byte(good))
	second, _ := parse("x.yaml", []byte("# reordered\n"+strings.Join(reversed(good), "")))
	if renamed.Hash() != first.Hash() || second.Hash() != first.Hash() {
		t.Error("the hash depends on the name, the comments or the order of keys")
	}
}

func reversed(src string) []string {
	var lines []string
	for l := range strings.Lines(src) {
		lines = append([]string{l}, lines...)
	}
	return lines
}

func TestDuration(t *testing.T) {
	s := Scenario{Transports: []string{"poll", "ws"}, Trials: 3,
		Phases: Phases{RampUp: 2 * time.Second, WarmUp: 2 * time.Second, Steady: 20 * time.Second, Drain: 3 * time.Second}}
	got := s.Duration()
	assert.Check(t, got == 6*28*time.Second, got)
}

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 10 * time.Second: "10s", time.Minute: "1m", time.Hour: "1h", 24 * time.Hour: "24h",
		time.Hour + time.Second: "1h0m1s", 90 * time.Second: "1m30s", 20 * time.Minute: "20m", 10 * time.Millisecond: "10ms",
	} {
		assert.Check(t, is.Equal(formatDuration(d), want))
	}
}

// Defaults hold what one process can, and give clients time to connect.
func TestDefaultsOfManyClients(t *testing.T) {
	for _, c := range []struct {
		flags []Override
		rooms int
		ramp  time.Duration
	}{
		{nil, 1, 2 * time.Second},
		{[]Override{{"clients", "10000", ""}}, 1, 5 * time.Second},
		{[]Override{{"clients", "300000", ""}}, 30, 150 * time.Second},
		{[]Override{{"clients", "300000", ""}, {"publish.publishers", "150000", ""}}, 2, 150 * time.Second},
		{[]Override{{"clients", "300000", ""}, {"rooms", "7", ""}, {"phases.ramp_up", "1m", ""}}, 7, time.Minute},
	} {
		s, err := only(Parse("x.yaml", []byte("about: x\ntransports: [ws]\nclients: 5\npublish: {rate: 1/s}\nphases: {steady: 20s}\n"), known, c.flags...))
		assert.Check(t, err == nil && s.Rooms == c.rooms && s.Phases.RampUp == c.ramp, "%v: %d rooms, ramp-up %v, %v", c.flags, s.Rooms, s.Phases.RampUp, err)
	}
}
