package scenario

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gotest.tools/v3/assert"
)

var known = Known{
	Transports: []string{"poll", "poll-etag", "longpoll", "sse", "ws", "ws-deflate", "ws-batch", "socketio-polling", "socketio-ws"},
	Paced:      []string{"poll", "poll-etag"},
	Metrics:    []string{"lost", "bytes-per-delivery-in", "delivery-latency-p50"},
}

// parse reads a scenario of one point.
func parse(file string, src []byte, overrides ...Override) (Scenario, error) {
	return only(Parse(file, src, known, overrides...))
}

func only(g Grid, err error) (Scenario, error) {
	if err != nil {
		return Scenario{}, err
	}
	return g.Points[0], nil
}

const knownList = "poll, poll-etag, longpoll, sse, ws, ws-deflate, ws-batch, socketio-polling, socketio-ws"

// good is the least that a scenario may hold; edit changes it.
const good = `about: why
transports: [poll, ws]
clients: 100
publish: {rate: 1/s}
phases: {steady: 20s}
`

// edit replaces good's line that begins with the key, or adds one.
func edit(line string) string {
	name, _, _ := strings.Cut(line, ":")
	lines := strings.SplitAfter(good, "\n")
	for i := range lines {
		if strings.HasPrefix(lines[i], name+":") {
			lines[i] = line + "\n"
			return strings.Join(lines, "")
		}
	}
	return good + line + "\n"
}

func TestDefaults(t *testing.T) {
	got, err := parse("dir/least.yaml", []byte(good))
	assert.NilError(t, err)
	want := Scenario{
		Name: "least", About: "why", Transports: []string{"poll", "ws"},
		Clients: 100, Rooms: 1, Trials: 3, Seed: 1, Payload: 200,
		Publish:   Publish{Rate: 1, Arrivals: "poisson", Publishers: 10},
		Poll:      Poll{Interval: time.Second, Wait: 25 * time.Second},
		Phases:    Phases{RampUp: 2 * time.Second, WarmUp: 2 * time.Second, Steady: 20 * time.Second, Drain: 3 * time.Second},
		Server:    Server{History: 1000, Batch: 50 * time.Millisecond},
		TimeLimit: 252 * time.Second,
	}
	diff := cmp.Diff(want, got)
	assert.Check(t, diff == "", diff)
}

func TestValues(t *testing.T) {
	schema := compileSchema(t)
	for line, get := range map[string]func(Scenario) (got, want any){
		"publish: {rate: 1/30s}":               func(s Scenario) (any, any) { return s.Publish.Rate, 1.0 / 30 },
		"publish: {rate: 2/min}":               func(s Scenario) (any, any) { return s.Publish.Rate, 1.0 / 30 },
		"publish: {rate: 0.5/m}":               func(s Scenario) (any, any) { return s.Publish.Rate, 0.5 / 60 },
		"publish: {rate: 0/s}":                 func(s Scenario) (any, any) { return s.Publish.Rate, 0.0 },
		"publish: {rate: 1/24h}":               func(s Scenario) (any, any) { return s.Publish.Rate, 1.0 / 86400 },
		"publish: {rate: 1000000/s}":           func(s Scenario) (any, any) { return s.Publish.Rate, 1e6 },
		"payload: 4KiB":                        func(s Scenario) (any, any) { return s.Payload, 4096 },
		"payload: '32B'":                       func(s Scenario) (any, any) { return s.Payload, 32 },
		"shards: auto":                         func(s Scenario) (any, any) { return s.Shards, 0 },
		"shards: 4":                            func(s Scenario) (any, any) { return s.Shards, 4 },
		"seed: 0":                              func(s Scenario) (any, any) { return s.Seed, uint64(0) },
		"clients: 3":                           func(s Scenario) (any, any) { return s.Publish.Publishers, 3 },
		"rooms: 30":                            func(s Scenario) (any, any) { return s.Publish.Publishers, 3 },
		"poll: {interval: 1m30s}":              func(s Scenario) (any, any) { return s.Phases.Drain, 92 * time.Second },
		"time_limit: 5min":                     func(s Scenario) (any, any) { return s.TimeLimit, 5 * time.Minute },
		"phases: {steady: 1.5s}":               func(s Scenario) (any, any) { return s.Phases.Steady, 1500 * time.Millisecond },
		"tls: true":                            func(s Scenario) (any, any) { return s.TLS, true },
		"tls: false":                           func(s Scenario) (any, any) { return s.TLS, false },
		"server: {freeze_at: 18s, freeze: 1s}": func(s Scenario) (any, any) { return s.Server.FreezeAt, 18 * time.Second },
		"server: {freeze: 20s}":                func(s Scenario) (any, any) { return s.Server.Freeze, 20 * time.Second },
		"about: >\n  two\n  lines":             func(s Scenario) (any, any) { return s.About, "two lines" },
		"transports:\n  - ws\n  - sse":         func(s Scenario) (any, any) { return strings.Join(s.Transports, " "), "ws sse" },
	} {
		s, err := parse("x.yaml", []byte(edit(line)))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		got, want := get(s)
		assert.Check(t, got == want, "%s: got %v, want %v", line, got, want)
		assert.Check(t, conforms(schema, []byte(edit(line))), "%s: schema.json refuses what Parse accepts", line)
	}
}

// Each case is one line of good, changed; the error must be exact.
func TestRefused(t *testing.T) {
	const x = "scenario x.yaml"
	for _, c := range []struct{ line, want string }{
		// keys
		{"cleints: 5", x + `:6: unknown key "cleints" (did you mean "clients"?)`},
		{"Clients: 5", x + `:6: unknown key "Clients" (did you mean "clients"?)`},
		{"interval: 1s", x + `:6: unknown key "interval" (did you mean "poll.interval"?)`},
		{"publish.rate: 1/s", x + `:6: unknown key "publish.rate" (did you mean publish: {rate: …}?)`},
		{"colour: red", x + `:6: unknown key "colour"; choose from about, transports, clients, rooms, trials, seed, payload, publish, poll, phases, server, tls, shards, time_limit, limits`},
		{"publish: {rate: 1/s, publisher: 2}", x + `:4: unknown key "publish.publisher" (did you mean "publishers"?)`},
		{"poll: {every: 2s}", x + `:6: unknown key "poll.every"; poll has interval, wait`},
		{"? [a, b]\n: 1", x + `:6: a key must be one word, such as clients`},
		{"<<: {rooms: 2}", x + `:6: unknown key "<<"; choose from about, transports, clients, rooms, trials, seed, payload, publish, poll, phases, server, tls, shards, time_limit, limits`},
		{"rooms: 1\nrooms: 2", x + `:7: rooms occurs twice; it is already on line 6`},
		{"phases:\n  steady: 2s\n  steady: 2s", x + `:7: phases.steady occurs twice; it is already on line 6`},
		{"publish: {}", x + `:4: missing key "publish.rate": Publish rate per room, such as 1/s, 1/30s or 10/min; 0/s publishes nothing.`},
		{"publish: 1/s", x + `:4: publish 1/s: must hold keys of its own: rate, arrivals, publishers`},
		{"poll:", x + `:6: poll: must hold keys of its own: interval, wait`},
		// counts
		{"clients: 0", x + `:3: clients 0: must be 1 to 1,000,000`},
		{"clients: -5", x + `:3: clients -5: must be 1 to 1,000,000`},
		{"clients: 1000001", x + `:3: clients 1000001: must be 1 to 1,000,000`},
		{"clients: 99999999999999999999", x + `:3: clients 99999999999999999999: must be 1 to 1,000,000`},
		{"clients: 1.5", x + `:3: clients 1.5: is not a whole number; must be 1 to 1,000,000`},
		{"clients: 1_000", x + `:3: clients 1_000: is not a whole number; write 1000`},
		{"clients: 1,000", x + `:3: clients 1,000: is not a whole number; write 1000`},
		{"clients: 0x10", x + `:3: clients 0x10: is not a whole number; must be 1 to 1,000,000`},
		{"clients: 010", x + `:3: clients 010: is not a whole number; must be 1 to 1,000,000`},
		{"clients: .nan", x + `:3: clients .nan: is not a whole number; must be 1 to 1,000,000`},
		{"clients: .inf", x + `:3: clients .inf: is not a whole number; must be 1 to 1,000,000`},
		{"clients: many people", x + `:3: clients "many people": is not a whole number; must be 1 to 1,000,000`},
		{"clients: true", x + `:3: clients true: is not a whole number; must be 1 to 1,000,000`},
		{`clients: "50"`, x + `:3: clients "50": is text; write 50, without quotes`},
		{"clients: [5, x]", x + `:3: clients x: is not a whole number; must be 1 to 1,000,000`},
		{"clients: []", x + `:3: clients […]: is empty; give one value, or several to measure each`},
		{"clients: [5, 6, 5]", x + `:3: clients 5: occurs twice; name each value once`},
		{"clients: [5, [6]]", x + `:3: clients […]: is not a whole number; must be 1 to 1,000,000`},
		{"trials: [1, 2]", x + `:6: trials […]: is not a whole number; must be 1 to 1,000`},
		{"rooms: [1, 200]", x + `:6: rooms 200: must be at most clients, which is 100`},
		{"limits: {latency: 5%}", x + `:6: limits latency: no such metric; choose from lost, bytes-per-delivery-in, delivery-latency-p50`},
		{"limits: {lost: 5}", x + `:6: limits 5: is not a limit; must be a percentage from 0% to 1000%, such as 5%`},
		{"limits: 5%", x + `:6: limits "5%": must be metrics with limits from 0% to 1000%, such as {bytes-per-delivery-in: 5%}`},
		{"clients: {a: 5}", x + `:3: clients {…}: is not a whole number; must be 1 to 1,000,000`},
		{"clients:", x + `:3: clients: has no value; must be 1 to 1,000,000`},
		{"trials: 1001", x + `:6: trials 1001: must be 1 to 1,000`},
		{"seed: -1", x + `:6: seed -1: must be 0 to 9,007,199,254,740,991`},
		{"shards: 0", x + `:6: shards 0: must be auto, or 1 to 1,000`},
		{"shards: lots", x + `:6: shards lots: is not a whole number; must be auto, or 1 to 1,000`},
		{"server: {history: 0}", x + `:6: server.history 0: must be 1 to 10,000,000`},
		// units
		{"poll: {interval: 1}", x + `:6: poll.interval 1: has no unit; write 1s`},
		{"poll: {interval: 1 s}", x + `:6: poll.interval "1 s": is not a duration; must be 10ms to 1h, in ms, s, m or h`},
		{"poll: {interval: 9ms}", x + `:6: poll.interval 9ms: must be 10ms to 1h`},
		{"poll: {interval: 2h}", x + `:6: poll.interval 2h: must be 10ms to 1h`},
		{"poll: {interval: -1s}", x + `:6: poll.interval -1s: must be 10ms to 1h`},
		{"poll: {interval: 5us}", x + `:6: poll.interval 5us: is not a duration; must be 10ms to 1h, in ms, s, m or h`},
		{"poll: {interval: 99999999999999h}", x + `:6: poll.interval 99999999999999h: must be 10ms to 1h`},
		{"poll: {interval: [1s, 1]}", x + `:6: poll.interval 1: has no unit; write 1s`},
		{"poll: {interval: ~}", x + `:6: poll.interval: has no value; must be 10ms to 1h`},
		{"phases: {steady: 999ms}", x + `:5: phases.steady 999ms: must be 1s to 24h`},
		{"phases: {steady: 25h}", x + `:5: phases.steady 25h: must be 1s to 24h`},
		{"publish: {rate: 1}", x + `:4: publish.rate 1: has no unit; write 1/s`},
		{"publish: {rate: 1 per second}", x + `:4: publish.rate "1 per second": is not a rate; must be 0/s, or 1/24h to 10,000,000/s, such as 1/30s or 10/min`},
		{"publish: {rate: .nan}", x + `:4: publish.rate .nan: is not a rate; must be 0/s, or 1/24h to 10,000,000/s, such as 1/30s or 10/min`},
		{"publish: {rate: -1/s}", x + `:4: publish.rate -1/s: must be 0/s, or 1/24h to 10,000,000/s`},
		{"publish: {rate: 10000001/s}", x + `:4: publish.rate 10000001/s: must be 0/s, or 1/24h to 10,000,000/s`},
		{"publish: {rate: 1/25h}", x + `:4: publish.rate 1/25h: must be 0/s, or 1/24h to 10,000,000/s`},
		{"publish: {rate: 1/0s}", x + `:4: publish.rate 1/0s: must be 0/s, or 1/24h to 10,000,000/s`},
		{"publish: {rate: {n: 1}}", x + `:4: publish.rate {…}: is not a rate; must be 0/s, or 1/24h to 10,000,000/s, such as 1/30s or 10/min`},
		{"publish: {rate: }", x + `:4: publish.rate: has no value; must be 0/s, or 1/24h to 10,000,000/s`},
		{"payload: 200", x + `:6: payload 200: has no unit; write 200B`},
		{"payload: 200 bytes", x + `:6: payload "200 bytes": is not a size; must be 32B to 4096B, in B or KiB`},
		{"payload: 31B", x + `:6: payload 31B: must be 32B to 4096B: the generator's tag alone takes 32B`},
		{"payload: 5KiB", x + `:6: payload 5KiB: must be 32B to 4096B`},
		{"payload: 99999999999B", x + `:6: payload 99999999999B: must be 32B to 4096B`},
		{"payload: [1B]", x + `:6: payload 1B: must be 32B to 4096B: the generator's tag alone takes 32B`},
		{"payload:", x + `:6: payload: has no value; must be 32B to 4096B`},
		// words
		{"publish: {rate: 1/s, arrivals: poison}", x + `:4: publish.arrivals poison: must be poisson or constant (did you mean "poisson"?)`},
		{"publish: {rate: 1/s, arrivals: []}", x + `:4: publish.arrivals […]: must be poisson or constant`},
		{"publish: {rate: 1/s, arrivals: }", x + `:4: publish.arrivals: has no value; must be poisson or constant`},
		{"about: 5", x + `:1: about 5: is not text; must be one sentence of up to 200 characters`},
		{"about:", x + `:1: about: has no value; must be one sentence of up to 200 characters`},
		{"about: ''", x + `:1: about "": has 0 characters; must have 1 to 200`},
		{`about: "a\nb"`, x + `:1: about "a\nb": must be one line of printable text`},
		{`about: "\e[2J"`, x + `:1: about "\x1b[2J": must be one line of printable text`},
		// transports
		{"transports: [pol, ws]", x + `:2: transports pol: no such transport (did you mean "poll"?); choose from ` + knownList},
		{"transports: [carrier-pigeon]", x + `:2: transports carrier-pigeon: no such transport; choose from ` + knownList},
		{"transports: []", x + `:2: transports […]: is empty; name at least one of ` + knownList},
		{"transports:", x + `:2: transports: has no value; must be a list such as [poll, ws], or all`},
		{"transports: poll", x + `:2: transports poll: must be a list such as [poll, ws], or all; choose from ` + knownList},
		{"transports:\n  - ws\n  - ws", x + `:4: transports ws: occurs twice; name each transport once`},
		{"transports: [ws, all]", x + `:2: transports all: must be the only entry: it means every transport`},
		{"transports: [[ws]]", x + `:2: transports […]: no such transport; choose from ` + knownList},
		// truths
		{"tls: yes", x + `:6: tls yes: must be true or false`},
		{"tls: True", x + `:6: tls True: must be true or false`},
		{"tls: 1", x + `:6: tls 1: must be true or false`},
		{"tls: 'true'", x + `:6: tls "true": must be true or false`},
		{"tls: [true]", x + `:6: tls […]: must be true or false`},
		{"tls:", x + `:6: tls: has no value; must be true or false`},
		// a server that is stopped
		{"server: {freeze: 2}", x + `:6: server.freeze 2: has no unit; write 2s`},
		{"server: {freeze: 61min}", x + `:6: server.freeze 61min: must be 0s to 1h`},
		{"server: {freeze_at: -1s}", x + `:6: server.freeze_at -1s: must be 0s to 24h`},
		{"server: {freeze_at: 18s}", x + `:6: server.freeze_at 18s: has no effect without server.freeze; set that as well`},
		{"server: {freeze: 21s}", x + `:6: server.freeze 21s: must end within the steady state, which lasts 20s from server.freeze_at on`},
		{"server: {freeze_at: 19s, freeze: 1001ms}", x + `:6: server.freeze 1001ms: must end within the steady state, which lasts 1s from server.freeze_at on`},
		{"server: {freeze_at: 21s, freeze: 1s}", x + `:6: server.freeze 1s: must end within the steady state, which lasts 0s from server.freeze_at on`},
		// between keys
		{"rooms: 101", x + `:6: rooms 101: must be at most clients, which is 100`},
		{"publish: {rate: 1/s, publishers: 101}", x + `:4: publish.publishers 101: must be at most the clients, which are 100 a room`},
		{"shards: 101", x + `:6: shards 101: must be at most clients, which is 100`},
		{"phases: {steady: 2s, drain: 2s}\npoll: {interval: 3s}", x + `:5: phases.drain 2s: must be at least poll.interval, which is 3s`},
		// YAML itself
		{"rooms: &a 2", x + `:6: rooms 2: anchors and aliases are not allowed; write the value out`},
		{"rooms: !!int 2", x + `:6: rooms 2: tags such as "!!int" are not allowed; write the value alone`},
		{"&k rooms: 2", x + `:6: anchors and aliases are not allowed; write the value out`},
		{"publish: &p {rate: 1/s}", x + `:4: publish {…}: anchors and aliases are not allowed; write the value out`},
		{"rooms: *b", x + `:6: not valid YAML: unknown anchor 'b' referenced`},
		{"rooms: 2\n---\nrooms: 3", x + `:7: a second document begins here; a scenario file holds one scenario`},
		{"rooms: [1", x + `:7: not valid YAML: did not find expected ',' or ']'`},
		{"rooms 5", x + `:6: not valid YAML: could not find expected ':'`},
		{"rooms: \"1", x + `:6: not valid YAML: found unexpected end of stream`},
		{"phases:\n\tsteady: 5s", x + `:6: not valid YAML: found character that cannot start any token`},
	} {
		_, err := parse("x.yaml", []byte(edit(c.line)))
		got := fmt.Sprint(err)
		assert.Check(t, got == c.want, "%q\n got %s\nwant %s", c.line, got, c.want)
	}
}

func TestRefusedFiles(t *testing.T) {
	const empty = "scenario x.yaml: is empty; `pollpush scenarios example` shows every key"
	for name, c := range map[string]struct{ src, want string }{
		"empty":           {"", empty},
		"blank":           {" \n\n", empty},
		"comments":        {"# nothing\n", empty},
		"empty document":  {"---\n", empty},
		"list":            {"- a\n", "scenario x.yaml:1: […] is not a scenario; must be keys with values, such as clients: 1000"},
		"word":            {"\nhello\n", "scenario x.yaml:2: hello is not a scenario; must be keys with values, such as clients: 1000"},
		"anchored":        {"&a {clients: 5}\n", "scenario x.yaml:1: anchors and aliases are not allowed; write the value out"},
		"binary":          {good + "a: \x00\x01", "scenario x.yaml:6: holds the control character U+0000; a scenario is a text file"},
		"latin 1":         {"about: why\nname: caf\xe9\n", "scenario x.yaml:2: byte 0xe9 is not UTF-8; a scenario is a text file in UTF-8"},
		"UTF-16":          {"\xff\xfea\x00:\x00", "scenario x.yaml:1: byte 0xff is not UTF-8; a scenario is a text file in UTF-8"},
		"too large":       {good + strings.Repeat("# padding\n", 7_000), "scenario x.yaml: is larger than 64 KiB; a scenario has a few lines"},
		"broken second":   {good + "---\na: [\n", "scenario x.yaml:8: not valid YAML: did not find expected node content"},
		"nested too deep": {"a: " + strings.Repeat("[", 20_000), "scenario x.yaml:1: not valid YAML: exceeded max depth of 10000"},
		"all missing": {"rooms: 1\n", `scenario x.yaml:1: missing key "about": The question that the scenario answers.
scenario x.yaml:1: missing key "transports": Transports to compare; all selects every one.
scenario x.yaml:1: missing key "clients": Total number of clients, spread evenly over the rooms.
scenario x.yaml:1: missing key "publish.rate": Publish rate per room, such as 1/s, 1/30s or 10/min; 0/s publishes nothing.
scenario x.yaml:1: missing key "phases.steady": Length of the measured phase.`},
	} {
		_, err := parse("x.yaml", []byte(c.src))
		got := fmt.Sprint(err)
		assert.Check(t, got == c.want, "%s\n got %s\nwant %s", name, got, c.want)
	}
}

func TestAllFaultsAtOnceByLine(t *testing.T) {
	src := "clients: 0\nabout: why\ntrials: x\npublish: {rate: 1}\ntransports: [pol, wss]\ncolor: 1\n"
	_, err := parse("a/x.yaml", []byte(src))
	e, ok := errors.AsType[*Error](err)
	assert.Assert(t, ok, "not an *Error: %v", err)
	var got []string
	for _, f := range e.Faults {
		got = append(got, fmt.Sprintf("%s:%d %s", f.File, f.Line, f.Key))
	}
	want := []string{"a/x.yaml:1 clients", "a/x.yaml:1 phases.steady", "a/x.yaml:3 trials", "a/x.yaml:4 publish.rate",
		"a/x.yaml:5 transports", "a/x.yaml:5 transports", "a/x.yaml:6 "}
	diff := cmp.Diff(want, got)
	assert.Check(t, diff == "", diff)
	assert.Check(t, strings.Count(err.Error(), "\n")+1 == len(want), "not one line for each fault:\n%v", err)
}

func TestLongReportIsCut(t *testing.T) {
	src := good
	for i := range 1000 {
		src += fmt.Sprintf("key%d: 1\n", i)
	}
	_, err := parse("x.yaml", []byte(src))
	lines := strings.Split(fmt.Sprint(err), "\n")
	if len(lines) != 21 || lines[20] != "scenario x.yaml: and 980 more faults" {
		t.Errorf("%d lines, last %q", len(lines), lines[len(lines)-1])
	}
	for _, l := range lines {
		assert.Check(t, strings.Contains(l, "unknown key") || strings.Contains(l, "more"), "%q says nothing", l)
	}
}
