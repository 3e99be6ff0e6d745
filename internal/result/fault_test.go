package result

import (
	"reflect"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestFault(t *testing.T) {
	for side, kinds := range map[Side][]string{
		GeneratorSide: {"dial: out of descriptors", "dial: out of ports", "publish: out of descriptors", "dial: out of memory", "out of memory"},
		TargetSide: {"dial: refused", "publish: refused", "dial: timeout", "dial: status 503", "status 500", "publish: status 429", "status 404",
			"connection lost", "publish: connection lost", "malformed answer", "malformed message", "corrupt message", "foreign message"},
		Unclear: {"no answer", "publish: no answer", "connection failed", "dial: connection failed", "status 400", "publish: status 413", "status", "status x", "", "sunspots"},
	} {
		for _, kind := range kinds {
			assert.Check(t, is.Equal(Fault(kind), side), "%q is the fault of", kind)
		}
	}
}

// A limit of the generator's own is told by itself, with what to do about it,
// before the errors that it made.
func TestJudgeFailures(t *testing.T) {
	trial := &Trial{
		Counts: Counts{Offered: 1000, Requests: Requests{Total: 9000}, Expected: 500, Lost: 5, Connections: Connections{Failed: 40, Lost: 7}},
		Env:    Env{NoFile: 1024},
		Errors: map[string]int64{
			"dial: out of descriptors": 30, "publish: out of descriptors": 3, "dial: out of ports": 2, "dial: out of memory": 1,
			"dial: refused": 4, "publish: status 503": 50, "status 400": 0, "publish: no answer": 10,
		},
	}
	trial.judgeFailures()
	inOrder(trial.Reasons)
	want := []Reason{
		{GeneratorLimits, Invalid, "the generator ran out of descriptors 33 times: a process may hold 1024 here; raise the limit (ulimit -n), use more shards, or use fewer clients"},
		{GeneratorLimits, Invalid, "the generator ran out of memory 1 times: use fewer clients"},
		{GeneratorLimits, Invalid, "the generator ran out of ports 2 times: every shard has its own source address; use more shards or fewer clients"},
		{Errors, Suspect, "100 errors; the generator's own: dial: out of descriptors 30, publish: out of descriptors 3, dial: out of ports 2, dial: out of memory 1; " +
			"the target's: publish: status 503 50, dial: refused 4; unclear: publish: no answer 10"},
		{Refused, Suspect, "failed connection attempts: 40"},
		{LostConnections, Suspect, "connections broken by the server or the network: 7"},
		{Losses, Suspect, "5 of 500 deliveries were lost"},
	}
	assert.Check(t, reflect.DeepEqual(trial.Reasons, want), "%+v\nwant %+v", trial.Reasons, want)
}
