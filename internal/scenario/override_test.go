package scenario

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"gotest.tools/v3/assert"
)

func TestOverride(t *testing.T) {
	got, err := parse("x.yaml", []byte(good),
		Override{"clients", "50", "--clients"}, Override{"transports", "sse, longpoll", "--transports"},
		Override{"publish.rate", "2/min", "--rate"}, Override{"poll.interval", "5s", "--interval"},
		Override{"phases.steady", "7s", "--steady"}, Override{"phases.steady", "8s", "--steady"},
		Override{"seed", "9007199254740991", "--seed"}, Override{"payload", "1KiB", "--payload"})
	assert.NilError(t, err)
	if got.Clients != 50 || fmt.Sprint(got.Transports) != "[sse longpoll]" || got.Publish.Rate != 2.0/60 ||
		got.Phases.Steady != 8*time.Second || got.Phases.Drain != 7*time.Second || got.Seed != 1<<53-1 || got.Payload != 1024 {
		t.Errorf("%+v", got)
	}
}

func TestOverrideSuppliesWhatTheFileLacks(t *testing.T) {
	src := "about: why\ntransports: [ws]\npublish: {rate: 1/s}\nphases: {steady: 5s}\n"
	if s, err := parse("x.yaml", []byte(src), Override{"clients", "5", "--clients"}); err != nil || s.Clients != 5 {
		t.Error(s.Clients, err)
	}
}

func TestOverrideRefused(t *testing.T) {
	src := edit("publish: {rate: 1/s, publishers: 20}") + "rooms: 2\n"
	freezing := edit("server: {freeze_at: 8s, freeze: 2s}")
	for _, c := range []struct {
		src  string
		over Override
		want string
	}{
		{good, Override{"clients", "0", "--clients"}, `--clients 0: must be 1 to 1,000,000`},
		{good, Override{"clients", "", "--clients"}, `--clients "": is not a whole number; must be 1 to 1,000,000`},
		{good, Override{"clients", "1,000", "--clients"}, `--clients 1,000: is not a whole number; write 1000`},
		{good, Override{"publish.rate", "2", "--rate"}, `--rate 2: has no unit; write 2/s`},
		{good, Override{"poll.interval", "1", "--interval"}, `--interval 1: has no unit; write 1s`},
		{good, Override{"payload", "31B", "--payload"}, `--payload 31B: must be 32B to 4096B: the generator's tag alone takes 32B`},
		{good, Override{"shards", "0", "--shards"}, `--shards 0: must be auto, or 1 to 1,000`},
		{good, Override{"transports", "", "--transports"}, `--transports "": is empty; name at least one of ` + knownList},
		{good, Override{"transports", "poll,wss", "--transports"}, `--transports wss: no such transport (did you mean "ws"?); choose from ` + knownList},
		{good, Override{"transports", "ws,ws", "--transports"}, `--transports ws: occurs twice; name each transport once`},
		{good, Override{"transports", "all,ws", "--transports"}, `--transports all: must be the only entry: it means every transport`},
		{good, Override{"transports", "ws,", "--transports"}, `--transports "": no such transport; choose from ` + knownList},
		{good, Override{"rate", "1/s", "--set rate"}, `--set rate: unknown key rate (did you mean "publish.rate"?)`},
		{freezing, Override{"phases.steady", "9s", "--steady"}, `--steady 9s: must be at least 10s, when the server resumes`},
		{freezing, Override{"server.freeze_at", "19s", "--freeze-at"}, `--freeze-at 19s: must leave server.freeze, which is 2s, within phases.steady`},
		{good, Override{"tls", "on", "--tls"}, `--tls on: must be true or false`},
		{good, Override{"rooms", "101", ""}, `rooms 101: must be at most clients, which is 100`},
		{src, Override{"clients", "10", "--clients"}, "--clients 10: leaves 5 a room; must leave at least publish.publishers, which is 20"},
		{src, Override{"rooms", "10", "--rooms"}, "--rooms 10: leaves 10 a room; must leave at least publish.publishers, which is 20"},
		{edit("shards: 8"), Override{"clients", "7", "--clients"}, "--clients 7: must be at least shards, which is 8"},
		{edit("rooms: 8"), Override{"clients", "7", "--clients"}, "--clients 7: must be at least rooms, which is 8"},
		{edit("phases: {steady: 9s, drain: 3s}"), Override{"poll.interval", "5s", "--interval"}, "--interval 5s: must be at most phases.drain, which is 3s"},
		{edit("trials: 0"), Override{"clients", "x", "--clients"}, "scenario x.yaml:6: trials 0: must be 1 to 1,000\n--clients x: is not a whole number; must be 1 to 1,000,000"},
	} {
		_, err := parse("x.yaml", []byte(c.src), c.over)
		got := fmt.Sprint(err)
		assert.Check(t, got == c.want, "%+v\n got %s\nwant %s", c.over, got, c.want)
		_, ok := errors.AsType[*Error](err)
		assert.Check(t, ok, "%+v: not an *Error", c.over)
	}
}
