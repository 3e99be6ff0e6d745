package shard

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

func TestClientsOf(t *testing.T) {
	for _, c := range []struct {
		clients, rooms int
		want           []int
	}{
		{1, 1, []int{1}},
		{10, 1, []int{10}},
		{10, 2, []int{5, 5}},
		{10, 3, []int{4, 3, 3}},
		{11, 3, []int{4, 4, 3}},
		{3, 3, []int{1, 1, 1}},
	} {
		p := Plan{Clients: c.clients, Rooms: make([]string, c.rooms)}
		var got []int
		for room := range p.Rooms {
			got = append(got, p.ClientsOf(room))
		}
		assert.Check(t, reflect.DeepEqual(got, c.want), "%d clients in %d rooms: %v, want %v", c.clients, c.rooms, got, c.want)
	}
}

// The rule by which clients are dealt out is the one that ClientsOf counts by.
func TestClientsOfCountsWhoIsThere(t *testing.T) {
	for clients := 1; clients <= 60; clients++ {
		for rooms := 1; rooms <= clients; rooms++ {
			p := Plan{Clients: clients, Rooms: make([]string, rooms)}
			there := make([]int, rooms)
			for c := range clients {
				there[c%rooms]++
			}
			for room, n := range there {
				got := p.ClientsOf(room)
				assert.Assert(t, got == n, "%d clients in %d rooms: room %d has %d, ClientsOf says %d", clients, rooms, room, n, got)
			}
		}
	}
}

func TestWindow(t *testing.T) {
	p := Plan{WarmUp: 2 * time.Second, Steady: 10 * time.Second}
	from, to := p.Window(1e9)
	assert.Check(t, from == 3e9 && to == 13e9, "Window(1e9) = %d, %d, want 3e9, 13e9", from, to)
}

func TestJSON(t *testing.T) {
	for _, c := range []struct {
		name  string
		value any
		want  string // "" where only the way there and back matters
	}{
		{name: "plan", value: Plan{
			Transport: "ws", Servers: []string{"http://127.0.0.1:1", "http://127.0.0.1:2"}, Rooms: []string{"a", "b", "c"},
			Shard: 1, Shards: 2, Clients: 9, Publishers: 3, Rate: 2.5, Arrivals: "poisson", Payload: 200,
			PollInterval: time.Second, Seed: 1<<64 - 1, Nonce: "abc123", RampStart: 1<<62 + 1,
			RampUp: 1, WarmUp: 2, Steady: 3, Drain: 4,
		}},
		{"connected", Event{Is: Connected, Clients: 7}, `{"is":"connected","clients":7}`},
		{"tick", Event{Is: Tick, Second: &Second{K: 3, SecondCounts: result.SecondCounts{Clients: 1, Requests: 2, Published: 4, Deliveries: 5, Empty: 8, BytesIn: 6, BytesOut: 7}}},
			`{"is":"tick","second":{"k":3,"clients":1,"requests":2,"published":4,"deliveries":5,"empty":8,"bytes_in":6,"bytes_out":7}}`},
		{"published", Event{Is: Published, Published: []int64{1, 0, 2}}, `{"is":"published","published":[1,0,2]}`},
		{name: "drained", value: Event{Is: Drained, Totals: &result.Totals{Requests: 1, Connections: 2, FramesIn: 3, FramesOut: 4, BytesIn: 5, BytesOut: 6}}},
		{name: "done", value: Event{Is: Done, Result: &Result{
			Stopped: true, From: 1, To: 1 << 62, Counts: result.Counts{Offered: 2, Requests: result.Requests{ByStatus: map[string]int64{"200": 3}}}, Errors: map[string]int64{"timeout": 4},
			StaleShares: []float64{0.1, 0}, Dropped: 5, FirstError: "no \"luck\"\n", Latency: "abc=",
			Messages: []Message{{Room: 1, Seq: 2, Latencies: []byte{0, 0x80, 1, 255}}},
		}}},
		{"start", Command{Do: Start, At: 1<<62 + 1}, `{"do":"start","at":4611686018427387905}`},
		{"expect", Command{Do: Expect, Published: []int64{0, 3}}, `{"do":"expect","published":[0,3]}`},
		{"stop", Command{Do: Stop}, `{"do":"stop"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := json.Marshal(c.value)
			assert.NilError(t, err)
			assert.Check(t, c.want == "" || string(text) == c.want, "%s, want %s", text, c.want)
			back := reflect.New(reflect.TypeOf(c.value))
			assert.NilError(t, json.Unmarshal(text, back.Interface()))
			got := back.Elem().Interface()
			assert.Check(t, reflect.DeepEqual(got, c.value), "%+v came back as %+v", c.value, got)
		})
	}
}
