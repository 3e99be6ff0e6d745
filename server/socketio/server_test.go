package socketio

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/server/socketio/engine"
)

func TestConnect(t *testing.T) {
	h := start(t, Config{Namespaces: map[string]*Namespace{
		"/": {
			Connect: func(s *Socket, h Handshake) *ConnectError {
				s.State = JSON(h.Query, h.Auth)
				s.Emit("too early", Data{}) // to nobody
				return nil
			},
			Connected: func(s *Socket) { s.Emit("welcome", s.State.(Data)) },
		},
		"/quiet": {},
		"/closed": {Connect: func(*Socket, Handshake) *ConnectError {
			return &ConnectError{Message: "not <you>", Data: map[string]int{"status": 400}}
		}},
	}})
	p := h.open("&room=a%20b")
	p.send("40/closed,", "40/nowhere", `40{"token":"<123>"}`)
	p.want(`44/closed,{"message":"not <you>","data":{"status":400}}`, `44/nowhere,{"message":"Invalid namespace"}`)
	p.wantPrefix(`40{"sid":"`)
	p.want(`42["welcome","EIO=4&transport=websocket&room=a%20b",{"token":"<123>"}]`)
	p.send("40/quiet")
	p.wantPrefix(`40/quiet,{"sid":"`)

	poller := h.openPolling()
	poller.post("40")
	got := poller.poll()
	if len(got) != 2 || !strings.HasPrefix(got[0], `40{"sid":"`) || got[1] != `42["welcome","EIO=4&transport=polling",null]` {
		t.Errorf("polled %q", got)
	}
}

func TestSocketsOfOneSessionHaveDifferentIDs(t *testing.T) {
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": {}, "/b": {}}})
	p := h.open("")
	p.send("40", "40/b,")
	_, a, _ := strings.Cut(p.next(), "{")
	_, b, _ := strings.Cut(p.next(), "{")
	assert.Check(t, a != b && a != "", "both are {%s", a)
}

func TestWhoNeverConnectsIsClosed(t *testing.T) {
	h := start(t, Config{ConnectTimeout: 200 * time.Millisecond, Namespaces: map[string]*Namespace{"/": echoing()}})
	in := h.enter()
	silent, refused, poller := h.open(""), h.open(""), h.openPolling()
	refused.send("40/nowhere")
	refused.want(`44/nowhere,{"message":"Invalid namespace"}`)
	silent.wantEnd()
	refused.wantEnd()
	got := poller.poll()
	assert.Check(t, got[len(got)-1] == "1", "polled %q, want the end of the session", got)
	in.send(`42["echo",1]`) // although its time would be over as well
	in.want(`42["echo",1]`)
}

func TestEvents(t *testing.T) {
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": echoing(), "/b": echoing()}})
	p := h.enter()
	p.send("40/b")
	p.wantPrefix(`40/b,{"sid":`)
	p.send(
		`42["unknown",1]`, `42[5,1]`, `425["unknown"]`, // nobody takes these
		`42["echo",1,"2",{"3":[true]}]`,
		`42456["echo",1, "<2>" ,{"3": [false]}]`,
		`42/b,["echo"]`, `42/b,0["echo"]`,
	)
	p.want(
		`42["echo",1,"2",{"3":[true]}]`,
		`43456[1,"<2>",{"3": [false]}]`,
		`42/b,["echo"]`, `43/b,0[]`,
	)
}

func TestEventIsAcknowledgedOnce(t *testing.T) {
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": {Events: map[string]func(*Socket, *Event){
		"twice": func(_ *Socket, e *Event) {
			e.Ack(JSON(1))
			e.Ack(JSON(2))
		},
		"echo": echo,
	}}}})
	p := h.enter()
	p.send(`427["twice"]`, `42["twice"]`, `42["echo"]`)
	p.want(`437[1]`, `42["echo"]`)
}

func TestAttachments(t *testing.T) {
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": echoing()}})
	p := h.enter()
	p.send(`452-["echo",{"_placeholder":true,"num":1},{"a":{"_placeholder":true,"num":0}}]`)
	p.sendBinary([]byte("\x00\xff"), nil)
	p.send(`4510-789["echo"]`)
	p.sendBinary(attachments(10, 1)...)
	p.send(`450-["echo"]`)
	p.want(`452-["echo",{"_placeholder":true,"num":1},{"a":{"_placeholder":true,"num":0}}]`, "b\x00\xff", "b",
		`4610-789[]`, "b\x00", "b\x01", "b\x02", "b\x03", "b\x04", "b\x05", "b\x06", "b\x07", "b\x08", "b\x09",
		`42["echo"]`)

	poller := h.openPolling()
	poller.post("40")
	poller.poll()
	poller.post(`451-1["echo",{"_placeholder":true,"num":0}]`, "bAQIDBA==")
	got := poller.poll()
	assert.Check(t, len(got) == 2 && got[0] == `461-1[{"_placeholder":true,"num":0}]` && got[1] == "bAQIDBA==", "polled %q", got)
}

func TestEmitAck(t *testing.T) {
	l := newLog()
	done := func(d Data, err error) {
		if err != nil {
			l.add("%v", err)
		} else {
			l.add("%s %q", d.Args, d.Attachments)
		}
	}
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": {Events: map[string]func(*Socket, *Event){
		"patient":   func(s *Socket, _ *Event) { s.EmitAck("ask", JSON(1), patience, done) },
		"impatient": func(s *Socket, _ *Event) { s.EmitAck("ask", JSON(2), time.Nanosecond, done) },
		"leave": func(s *Socket, _ *Event) {
			s.Disconnect()
			s.EmitAck("ask", JSON(3), patience, done)
		},
	}}}})
	p := h.enter()
	p.send(`42["patient"]`)
	p.want(`420["ask",1]`)
	p.send(`431[]`, `439007199254740991[]`, `430["x",2]`, `430["again"]`) // the others answer nothing
	l.want(t, `["x" 2] []`)

	p.send(`42["patient"]`)
	p.want(`421["ask",1]`)
	p.send(`461-1[{"_placeholder":true,"num":0}]`)
	p.sendBinary([]byte("yes"))
	l.want(t, `[{"_placeholder":true,"num":0}] ["yes"]`)

	p.send(`42["impatient"]`)
	p.want(`422["ask",2]`)
	l.want(t, ErrAckTimeout.Error())
	p.send(`432[]`) // too late

	p.send(`42["patient"]`, `42["leave"]`)
	p.want(`423["ask",1]`, `41`)
	l.want(t, ErrDisconnected.Error(), ErrDisconnected.Error())

	p.send("40", `42["patient"]`)
	p.wantPrefix("40")
	p.want(`420["ask",1]`)
	p.Close()
	l.want(t, ErrDisconnected.Error())
}

func TestDisconnect(t *testing.T) {
	l := newLog()
	logged := func(name string) *Namespace {
		return &Namespace{
			Connected:    func(*Socket) { l.add("in %s", name) },
			Disconnected: func(*Socket) { l.add("out %s", name) },
			Events: map[string]func(*Socket, *Event){
				"echo": echo,
				"end":  func(s *Socket, _ *Event) { s.Disconnect(); s.Disconnect(); s.Emit("echo", JSON("too late")) },
			},
		}
	}
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": logged("/"), "/b": logged("/b")}})
	p := h.enter()
	p.send("40/b")
	p.wantPrefix("40/b,")
	l.want(t, "in /", "in /b")

	t.Run("by the client", func(t *testing.T) {
		p.send("41/b,", `42["echo"]`)
		p.want(`42["echo"]`)
		l.want(t, "out /b")
		p.send("40/b,", `42/b,["echo"]`)
		p.wantPrefix("40/b,")
		p.want(`42/b,["echo"]`)
		l.want(t, "in /b")
	})
	t.Run("by the server", func(t *testing.T) {
		p.send(`42/b,["end"]`, `42/b,["echo"]`, `43/b,1[]`, `42["echo"]`) // sent before it knows
		p.want(`41/b,`, `42["echo"]`)
		l.want(t, "out /b")
		p.send("41/b,", "40/b", `42/b,["echo"]`)
		p.wantPrefix("40/b,")
		p.want(`42/b,["echo"]`)
		l.want(t, "in /b")
	})
	t.Run("from all namespaces", func(t *testing.T) {
		p.send("41", "41/b", "40")
		p.wantPrefix("40{")
		l.want(t, "out /", "out /b", "in /")
	})
	t.Run("by the network", func(t *testing.T) {
		p.NetConn().Close()
		l.want(t, "out /")
	})
}

func TestDisconnectFromWithinConnected(t *testing.T) {
	l := newLog()
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": {
		Connected: func(s *Socket) {
			s.Disconnect()
			s.Join("room")
			l.add("connected")
		},
		Disconnected: func(*Socket) { l.add("disconnected") },
	}}})
	h.enter().want("41")
	l.want(t, "connected", "disconnected")
	assert.Check(t, is.Equal(h.config.Namespaces["/"].rooms.count(), 0), "rooms are left")
}

func TestRooms(t *testing.T) {
	n := echoing()
	n.Events["join"] = func(s *Socket, e *Event) { s.Join(string(e.Args[0])); e.Ack(Data{}) }
	n.Events["leave"] = func(s *Socket, e *Event) { s.Leave(string(e.Args[0])); e.Ack(Data{}) }
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": n}})
	a, b, other := h.enter(), h.enter(), h.openPolling()
	other.post("40")
	other.poll()
	join := func(p *peer, what string) {
		t.Helper()
		p.send(`421["` + what + `",7]`)
		p.want(`431[]`)
	}
	join(a, "join")
	join(a, "join") // again, to no effect
	join(b, "join")
	other.post(`421["join",7]`)
	other.poll()
	n.Emit("7", "news", Data{Args: raw(`{"_placeholder":true,"num":0}`).Args, Attachments: [][]byte{{1}}})
	for _, p := range []*peer{a, b} {
		p.want(`451-["news",{"_placeholder":true,"num":0}]`, "b\x01")
	}
	got := other.poll()
	assert.Check(t, len(got) == 2 && got[0] == `451-["news",{"_placeholder":true,"num":0}]` && got[1] == "bAQ==", "polled %q", got)
	n.Emit("8", "news", Data{}) // to nobody
	join(b, "leave")
	join(b, "leave")
	n.Emit("7", "news", JSON(2))
	a.want(`42["news",2]`)
	b.send(`42["echo"]`)
	b.want(`42["echo"]`)
	a.send("41")
	other.post("1")
	await(t, "the rooms are gone", func() bool { return n.rooms.count() == 0 })
}

func (r *rooms) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.byName)
}

// Everybody in a room sees broadcasts in the same order, whoever emits them.
func TestRoomsKeepOneOrder(t *testing.T) {
	n := echoing()
	n.Connected = func(s *Socket) { s.Join("all") }
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": n}})
	var peers []*peer
	for i := range 5 {
		peers = append(peers, h.enter())
		peers[i].settle()
	}
	const emitters, each = 8, 50
	var emitting sync.WaitGroup
	for e := range emitters {
		emitting.Go(func() {
			for i := range each {
				n.Emit("all", "n", JSON(e, i))
			}
		})
	}
	emitting.Wait()
	var first []string
	for range emitters * each {
		first = append(first, peers[0].next())
	}
	for _, p := range peers[1:] {
		p.want(first...)
	}
}

func TestJoiningAndLeavingTogether(t *testing.T) {
	n := &Namespace{Events: map[string]func(*Socket, *Event){
		"toggle": func(s *Socket, e *Event) {
			for range 200 {
				s.Join("r")
				s.Leave("r")
			}
			s.Join("r")
			e.Ack(Data{})
		},
	}}
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": n}})
	var peers []*peer
	for range 4 {
		peers = append(peers, h.enter())
	}
	for _, p := range peers {
		p.send(`420["toggle"]`)
	}
	for _, p := range peers {
		p.want(`430[]`)
	}
	n.Emit("r", "all", Data{})
	for _, p := range peers {
		p.want(`42["all"]`)
	}
}

// A member that does not read is put out in the middle of a broadcast, and what
// its end sets off may broadcast again.
func TestSlowReaderInARoom(t *testing.T) {
	n := echoing()
	n.Connected = func(s *Socket) { s.Join("all") }
	n.Disconnected = func(*Socket) { n.Emit("all", "left", Data{}) }
	h := start(t, Config{Engine: engine.Config{Backlog: 16 << 10}, Namespaces: map[string]*Namespace{"/": n}})
	good, slow := h.enter(), h.openPolling()
	good.settle()
	slow.post("40")
	text := strings.Repeat("x", 5000)
	for i := range 4 {
		n.Emit("all", "news", JSON(i, text))
	}
	left := false
	for i := 0; i < 4; {
		switch got := good.next(); {
		case got == `42["left"]`:
			left = true
		case strings.HasPrefix(got, fmt.Sprintf(`42["news",%d,`, i)):
			i++
		default:
			t.Fatalf("got %.100s, want news %d", got, i)
		}
	}
	if !left {
		good.want(`42["left"]`)
	}
	good.settle()
	if h.Sessions() != 1 {
		t.Errorf("%d sessions are left, want 1", h.Sessions())
	}
}

func TestMalformedPacketsCloseTheSession(t *testing.T) {
	l := newLog()
	n := echoing()
	n.Connected = func(*Socket) { l.add("in") }
	n.Disconnected = func(*Socket) { l.add("out") }
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": n, "/b": {}}})
	cases := map[string][]string{
		"connected already":         {"0"},
		"not in the namespace":      {`2/b,["x"]`},
		"no such namespace":         {`2/c,["x"]`},
		"ack outside of it":         {`3/b,1[]`},
		"DISCONNECT outside of it":  {"1/b"},
		"text for an attachment":    {`51-["echo",{"_placeholder":true,"num":0}]`, `2["echo"]`},
		"CONNECT for an attachment": {`51-["echo",{"_placeholder":true,"num":0}]`, `0/b`},
	}
	for name, packet := range malformed {
		cases[name] = []string{packet}
	}
	for name, packets := range cases {
		t.Run(name, func(t *testing.T) {
			p := h.enter()
			p.t = t
			for _, packet := range packets {
				p.send("4" + packet)
			}
			p.WriteMessage(1, []byte(`42["echo"]`)) // counts no more
			p.wantEnd()
			l.want(t, "in", "out")
		})
	}
	t.Run("an attachment that none has announced", func(t *testing.T) {
		p := h.enter()
		p.sendBinary([]byte("x"))
		p.wantEnd()
		l.want(t, "in", "out")
	})
	t.Run("while polling", func(t *testing.T) {
		p := h.openPolling()
		p.post("40", `42{}`, `42["echo"]`)
		got := p.poll()
		assert.Check(t, len(got) == 2 && got[1] == "1", "polled %q, want the answer and the end", got)
		status, body := p.do("POST", `42["echo"]`)
		assert.Check(t, status == 400, "then posted: %d %s, want 400", status, body)
		l.want(t, "in", "out")
	})
	good := h.enter()
	good.settle()
}

func TestEventBeforeConnectClosesTheSession(t *testing.T) {
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": echoing()}})
	for _, packet := range []string{`42["echo"]`, `431[]`, `41`, `451-["echo"]`} {
		p := h.open("")
		p.send(packet)
		if strings.HasPrefix(packet, "45") {
			p.sendBinary([]byte("x"))
		}
		p.wantEnd()
	}
}

func TestAttachmentsAreBoundedTogether(t *testing.T) {
	const limit = 10_000
	h := start(t, Config{Engine: engine.Config{MaxPayload: limit}, Namespaces: map[string]*Namespace{"/": echoing()}})
	text := `453-0["echo"]`
	rest := limit - (len(text) - 1)
	p := h.enter()
	p.send(text)
	p.sendBinary(attachments(2, rest/2)...)
	p.sendBinary(attachments(1, rest-rest/2*2)...)
	p.want(`463-0[]`)
	for range 3 {
		p.next()
	}
	p.send(text)
	p.sendBinary(attachments(2, rest/2)...)
	p.sendBinary(attachments(1, rest-rest/2*2+1)...)
	p.wantEnd()
}

func TestFloods(t *testing.T) {
	l := newLog()
	n := echoing()
	n.Connected = func(s *Socket) { s.Join("all") }
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": n}})
	const times = 2000
	p := h.open("")
	go func() {
		for i := range times {
			if p.WriteMessage(1, []byte("40")) != nil || p.WriteMessage(1, []byte(fmt.Sprintf("40/none%d", i))) != nil || p.WriteMessage(1, []byte("41")) != nil {
				l.add("broken")
				return
			}
		}
		l.add("sent")
	}()
	for i := range times {
		p.wantPrefix("40{")
		p.want(fmt.Sprintf(`44/none%d,{"message":"Invalid namespace"}`, i))
	}
	l.want(t, "sent")
	await(t, "nobody is in the room", func() bool { return n.rooms.count() == 0 })
	p.send("40")
	p.wantPrefix("40{")
}

// Whoever asks and does not take the answers is a slow reader.
func TestFloodOfRefusals(t *testing.T) {
	h := start(t, Config{Engine: engine.Config{Backlog: 16 << 10}, Namespaces: map[string]*Namespace{"/": echoing()}})
	p := h.openPolling()
	p.post(slices.Repeat([]string{"40/none"}, 1000)...)
	if status, body := p.do("POST", "40"); status != 400 || h.Sessions() != 0 {
		t.Errorf("then posted: %d %s, %d sessions; want 400 and none", status, body, h.Sessions())
	}
}

func TestPanicEndsOneSession(t *testing.T) {
	l := newLog()
	n := echoing()
	n.Events["panic"] = func(*Socket, *Event) { panic("at the event") }
	n.Disconnected = func(s *Socket) {
		if s.State != nil {
			panic("at the end")
		}
	}
	n.Events["mark"] = func(s *Socket, _ *Event) { s.State = true }
	h := start(t, Config{
		Engine:     engine.Config{Panicked: func(_ string, value any) { l.add("%v", value) }},
		Namespaces: map[string]*Namespace{"/": n},
	})
	good, bad, worse := h.enter(), h.enter(), h.enter()
	bad.send(`42["panic"]`)
	l.want(t, "at the event")
	bad.wantEnd()
	worse.send(`42["mark"]`)
	worse.Close()
	l.want(t, "at the end")
	good.settle()
}

func TestCloseEndsEverything(t *testing.T) {
	var out sync.WaitGroup
	out.Add(3)
	n := echoing()
	n.Disconnected = func(*Socket) { out.Done() }
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": n}})
	a, b, poller := h.enter(), h.enter(), h.openPolling()
	poller.post("40")
	ended := make(chan struct{})
	go func() {
		a.wantEnd()
		b.wantEnd()
		close(ended)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	h.Close(ctx)
	out.Wait() // all of them, or this does not end
	<-ended
}

func TestSessionsAreLetGo(t *testing.T) {
	n := &Namespace{Connected: func(s *Socket) { s.Join("all") }}
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": n}})
	before := runtime.NumGoroutine()
	for range 50 {
		h.enter().Close()
	}
	await(t, "all are gone", func() bool { return h.Sessions() == 0 && n.rooms.count() == 0 && runtime.NumGoroutine() <= before })
}
