package calibration

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

func someEnv() result.Env {
	return result.Env{Go: "go1.26", OS: "linux/amd64", Kernel: "6.1", CPUModel: "A CPU", Cores: 2, MemoryBytes: 8 << 30}
}

func some() *Calibration {
	p50 := 0.00031
	c := New(someEnv())
	for _, name := range []string{"ws", "poll"} {
		c.Put(Transport{
			Name: name, Measured: time.Unix(1_800_000_000, 0).UTC(), Commit: "abc", Operation: Delivery,
			Floors:    []Floor{{Quantiles: &result.Quantiles{P50: &p50, Max: 0.001, N: 20}, DelayS: 0.005, Clients: 100, Rooms: 100, PerS: 2000, CPU: 6e-6, Doubts: []string{}}},
			Largest:   Largest{Clients: 200, PerS: 80_000, Invalid: 90_000, Side: Target, Reason: "too much"},
			Confirmed: &Confirmed{PerS: 40_000, Trials: 20, Valid: 20},
		})
	}
	return c
}

func TestFileRoundTrip(t *testing.T) {
	c := some()
	path := Path(filepath.Join(t.TempDir(), "not", "there", "yet"), c.Machine)
	for range 2 { // the second time over the first
		assert.NilError(t, c.Write(path))
	}
	got, err := Read(path, someEnv().Machine())
	assert.NilError(t, err)
	assert.Check(t, is.Equal(cmp.Diff(c, got), ""), "(-written +read)\n")
	entries, err := os.ReadDir(filepath.Dir(path))
	assert.Check(t, err == nil && len(entries) == 1, "beside the file there are %v (%v)", entries, err)
}

// What cannot be written leaves what was there.
func TestFileIsWrittenWhole(t *testing.T) {
	c := some()
	dir := t.TempDir()
	path := filepath.Join(dir, "taken")
	assert.NilError(t, os.MkdirAll(filepath.Join(path, "inside"), 0o755))
	err := c.Write(path)
	assert.Check(t, err != nil, "a folder was written over")
	broken := some()
	broken.Transports[0].Floors[0].CPU = math.NaN()
	err = broken.Write(filepath.Join(dir, "broken"))
	assert.Check(t, err != nil && strings.Contains(err.Error(), "a number is NaN"), "what cannot be read was written: %v", err)
	entries, err := os.ReadDir(dir)
	assert.Check(t, err == nil && len(entries) == 1, "there are %v (%v)", entries, err)
}

func TestPutReplaces(t *testing.T) {
	c := some()
	c.Put(Transport{Name: "poll", Operation: Poll})
	assert.Check(t, len(c.Transports) == 2 && c.Transports[0].Operation == Poll && c.Transports[1].Name == "ws", "%+v", c.Transports)
}

// A trial has the floor of its kind whose size is nearest to its own: of rooms
// where it is pushed to, of all clients where they poll.
func TestOf(t *testing.T) {
	p50 := 0.001
	floor := func(secured bool, clients, rooms int) Floor {
		return Floor{TLS: secured, Clients: clients, Rooms: rooms, Quantiles: &result.Quantiles{P50: &p50, Max: 0.002, N: 20}}
	}
	floors := []Floor{floor(false, 100, 100), floor(false, 1000, 1), floor(false, 10_000, 1), floor(true, 100, 100), floor(true, 1000, 1)}
	floors[4].Quantiles = nil
	c := New(someEnv())
	c.Put(Transport{Name: "ws", Commit: "abc", Operation: Delivery, Floors: floors})
	c.Put(Transport{Name: "poll", Operation: Poll, Floors: floors})
	c.Put(Transport{Name: "sse", Operation: Delivery, Floors: floors, Quick: true})
	assert.Check(t, c.Known())
	for _, x := range []struct {
		transport      string
		clients, rooms int
		tls            bool
		want           int // clients of the floor; 0 is none
	}{
		{"ws", 50, 50, false, 100}, {"ws", 30, 1, false, 100}, {"ws", 33, 1, false, 1000}, {"ws", 3100, 1, false, 1000}, {"ws", 3200, 1, false, 10_000},
		{"ws", 100_000, 100, false, 1000}, {"poll", 100_000, 100, false, 10_000}, {"poll", 300, 3, false, 100},
		{"ws", 50, 50, true, 100}, {"ws", 1000, 1, true, 0}, {"sse", 50, 50, false, 0}, {"longpoll", 50, 50, false, 0},
	} {
		s := scenario.Scenario{Clients: x.clients, Rooms: x.rooms, TLS: x.tls}
		got := 0
		if found := c.Of(x.transport, s); found != nil {
			got = found.Clients
		}
		assert.Check(t, got == x.want, "%+v: the floor of %d clients", x, got)
	}
}

func TestReadRefuses(t *testing.T) {
	c := some()
	good := filepath.Join(t.TempDir(), "good.json")
	assert.NilError(t, c.Write(good))
	b, err := os.ReadFile(good)
	assert.NilError(t, err)
	text := string(b)
	other := someEnv()
	other.Cores = 64
	const again = "delete it, and run `pollpush calibrate` again"
	for name, r := range map[string]struct {
		text, machine string
		want          []string
	}{
		"empty":         {"", c.Machine, []string{"is not JSON", again}},
		"cut off":       {text[:len(text)/2], c.Machine, []string{"is not JSON", again}},
		"an array":      {"[1]", c.Machine, []string{`has no "schema"`, "give another file"}},
		"foreign":       {`{"name":"somebody else's"}`, c.Machine, []string{`has no "schema"`, "give another file"}},
		"a future one":  {`{"schema":99}`, c.Machine, []string{"has schema 99, but this pollpush reads up to 2: use a newer pollpush"}},
		"unknown field": {strings.Replace(text, `"delay_s"`, `"dealy_s"`, 1), c.Machine, []string{"dealy_s", again}},
		"of another machine": {text, other.Machine(), []string{
			"belongs to the machine " + c.Machine + " (A CPU, 2 cores), but this is " + other.Machine() + ": run `pollpush calibrate` here"}},
		"edited":        {strings.Replace(text, `"cores": 2`, `"cores": 64`, 1), c.Machine, []string{"is not the fingerprint of its env", again}},
		"twice":         {strings.Replace(text, `"transport": "ws"`, `"transport": "poll"`, 1), c.Machine, []string{`transport "poll" occurs twice`, again}},
		"no operation":  {strings.Replace(text, `"operation": "delivery"`, `"operation": "dance"`, 1), c.Machine, []string{`operation "dance"`, again}},
		"below nothing": {strings.Replace(text, `"delay_s": 0.005`, `"delay_s": -1`, 1), c.Machine, []string{"poll: a number is -1: must be at least 0", again}},
		"floor falls":   {strings.Replace(text, `"p50": 0.00031`, `"p50": 0.31`, 1), c.Machine, []string{"poll: floor_s.max = 0.001: must be from 0.31", again}},
		"floor of none": {strings.Replace(text, `"n": 20`, `"n": 0`, 1), c.Machine, []string{"poll: floor_s.n = 0", again}},
		"nobody":        {strings.Replace(text, `"rooms": 100`, `"rooms": 0`, 1), c.Machine, []string{"poll: a floor of 100 clients in 0 rooms", again}},
		"confirmed all": {strings.Replace(text, `"valid": 20`, `"valid": 21`, 1), c.Machine, []string{"poll: 21 of 20 trials", again}},
		"too large":     {strings.Repeat(" ", maxFile+1), c.Machine, []string{"is larger than 1048576 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.json")
			assert.NilError(t, os.WriteFile(path, []byte(r.text), 0o644))
			_, err := Read(path, r.machine)
			_, ok := errors.AsType[*FileError](err)
			assert.Assert(t, ok, "%v is no FileError", err)
			for _, want := range append(r.want, "calibration "+path+": ") {
				assert.Check(t, strings.Contains(err.Error(), want), "%q does not say %q", err, want)
			}
		})
	}
	_, err = Read(filepath.Join(t.TempDir(), "none.json"), c.Machine)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "make one with `pollpush calibrate`") {
		t.Errorf("no file: %v", err)
	}
}
