package shard

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"slices"
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

// Every client has one shard and one address, ClientsOf counts who is there, and
// shards, rooms and servers share clients evenly, whatever divides what.
func TestDealing(t *testing.T) {
	for rooms := 1; rooms <= 12; rooms++ {
		for shards := 1; shards <= 12; shards++ {
			for _, rounds := range []int{0, 1, 2} { // of all pairs of shard and room
				p := Plan{Clients: rounds*rooms*shards + max(rooms, shards), Rooms: make([]string, rooms), Shards: shards}
				owners, there, pairs := make([]int, p.Clients), make([]int, rooms), map[[2]int]int{}
				for p.Shard = range shards {
					own := 0
					for c := range p.Own() {
						owners[c]++
						own++
						there[p.Room(c)]++
						pairs[[2]int{p.Shard, p.Room(c)}]++
					}
					assert.Assert(t, own == p.Clients/shards || own == p.Clients/shards+1, "%d of %d clients in %d shards, %d rooms", own, p.Clients, shards, rooms)
				}
				for c, n := range owners {
					assert.Assert(t, n == 1, "client %d of %d is run by %d of %d shards", c, p.Clients, n, shards)
				}
				for room, n := range there {
					assert.Assert(t, p.ClientsOf(room) == n, "room %d of %d has %d clients", room, rooms, n)
				}
				for shard := range shards {
					for room := range rooms {
						n := pairs[[2]int{shard, room}]
						assert.Assert(t, n >= rounds && n <= rounds+max(rooms, shards)/min(rooms, shards)+1, "%d shards, %d rooms: shard %d has %d clients in room %d, want %d", shards, rooms, shard, n, room, rounds)
					}
				}
			}
		}
	}
}

// No address dials so often that the kernel has to search for a port, and none
// belongs to two shards.
func TestSource(t *testing.T) {
	for _, clients := range []int{1, 19_800, 1_000_000} {
		for _, shards := range []int{1, 7, 1000} {
			p := Plan{Clients: clients, Rooms: make([]string, 7), Shards: shards, Loopback: true}
			owner, connections := map[netip.Addr]int{}, map[netip.Addr]int{}
			for _, p.Shard = range slices.Compact([]int{0, shards / 2, shards - 1}) {
				for c := range p.Own() {
					from := p.Source(c)
					if other, used := owner[from]; used && other != p.Shard || !from.IsLoopback() {
						t.Fatalf("shards %d and %d dial from %v", other, p.Shard, from)
					}
					owner[from] = p.Shard
					connections[from]++
				}
			}
			for from, n := range connections {
				assert.Check(t, n <= max(perSource, clients/sources), "%d clients in %d shards: %d connections from %v", clients, shards, n, from)
			}
			assert.Check(t, connections[netip.MustParseAddr("127.0.0.1")] > 0)
		}
	}
	assert.Check(t, !Plan{Clients: 1, Shards: 1}.Source(0).IsValid(), "an address of loopback to reach another host from")
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
