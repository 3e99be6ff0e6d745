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

	"github.com/pollpush/pollpush/internal/testkit"
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
	p.Send("40/closed,", "40/nowhere", `40{"token":"<123>"}`)
	p.Want(`44/closed,{"message":"not <you>","data":{"status":400}}`, `44/nowhere,{"message":"Invalid namespace"}`)
	p.WantPrefix(`40{"sid":"`)
	p.Want(`42["welcome","EIO=4&transport=websocket&room=a%20b",{"token":"<123>"}]`)
	p.Send("40/quiet")
	p.WantPrefix(`40/quiet,{"sid":"`)

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
	p.Send("40", "40/b,")
	_, a, _ := strings.Cut(p.Next(), "{")
	_, b, _ := strings.Cut(p.Next(), "{")
	assert.Check(t, a != b && a != "", "both are {%s", a)
}

func TestWhoNeverConnectsIsClosed(t *testing.T) {
	h := start(t, Config{ConnectTimeout: 2 * time.Second, Namespaces: map[string]*Namespace{"/": echoing()}})
	in := h.enter()
	silent, refused, poller := h.open(""), h.open(""), h.openPolling()
	refused.Send("40/nowhere")
	refused.Want(`44/nowhere,{"message":"Invalid namespace"}`)
	silent.wantEnd()
	refused.wantEnd()
	got := poller.poll()
	assert.Check(t, got[len(got)-1] == "1", "polled %q, want the end of the session", got)
	in.Send(`42["echo",1]`) // although its time would be over as well
	in.Want(`42["echo",1]`)
}

func TestEvents(t *testing.T) {
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": echoing(), "/b": echoing()}})
	p := h.enter()
	p.Send("40/b")
	p.WantPrefix(`40/b,{"sid":`)
	p.Send(
		`42["unknown",1]`, `42[5,1]`, `425["unknown"]`, // nobody takes these
		`42["echo",1,"2",{"3":[true]}]`,
		`42456["echo",1, "<2>" ,{"3": [false]}]`,
		`42/b,["echo"]`, `42/b,0["echo"]`,
	)
	p.Want(
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
	p.Send(`427["twice"]`, `42["twice"]`, `42["echo"]`)
	p.Want(`437[1]`, `42["echo"]`)
}

func TestAttachments(t *testing.T) {
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": echoing()}})
	p := h.enter()
	p.Send(`452-["echo",{"_placeholder":true,"num":1},{"a":{"_placeholder":true,"num":0}}]`)
	p.SendBinary([]byte("\x00\xff"), nil)
	p.Send(`4510-789["echo"]`)
	p.SendBinary(attachments(10, 1)...)
	p.Send(`450-["echo"]`)
	p.Want(`452-["echo",{"_placeholder":true,"num":1},{"a":{"_placeholder":true,"num":0}}]`, "binary:\x00\xff", "binary:",
		`4610-789[]`, "binary:\x00", "binary:\x01", "binary:\x02", "binary:\x03", "binary:\x04", "binary:\x05", "binary:\x06", "binary:\x07", "binary:\x08", "binary:\x09",
		`42["echo"]`)

	poller := h.openPolling()
	poller.post("40")
	poller.poll()
	poller.post(`451-1["echo",{"_placeholder":true,"num":0}]`, "bAQIDBA==")
	got := poller.poll()
	assert.Check(t, len(got) == 2 && got[0] == `461-1[{"_placeholder":true,"num":0}]` && got[1] == "bAQIDBA==", "polled %q", got)
}

func TestDisconnect(t *testing.T) {
	l := newLog()
	logged := func(name string) *Namespace {
		return &Namespace{
			Connected:    func(*Socket) { l.add("in %s", name) },
			Disconnected: func(*Socket) { l.add("out %s", name) },
			Events:       map[string]func(*Socket, *Event){"echo": echo},
		}
	}
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": logged("/"), "/b": logged("/b")}})
	p := h.enter()
	p.Send("40/b")
	p.WantPrefix("40/b,")
	l.want(t, "in /", "in /b")

	t.Run("by the client", func(t *testing.T) {
		p.Send("41/b,", `42["echo"]`)
		p.Want(`42["echo"]`)
		l.want(t, "out /b")
		p.Send("40/b,", `42/b,["echo"]`)
		p.WantPrefix("40/b,")
		p.Want(`42/b,["echo"]`)
		l.want(t, "in /b")
	})
	t.Run("from all namespaces", func(t *testing.T) {
		p.Send("41", "41/b", "40")
		p.WantPrefix("40{")
		l.want(t, "out /", "out /b", "in /")
	})
	t.Run("by the network", func(t *testing.T) {
		p.NetConn().Close()
		l.want(t, "out /")
	})
}

func TestCloseFromWithinConnected(t *testing.T) {
	l := newLog()
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": {
		Connected: func(s *Socket) {
			s.Close("not today")
			s.Emit("echo", JSON("too late"))
			l.add("connected")
		},
		Disconnected: func(*Socket) { l.add("disconnected") },
	}}})
	h.enter().wantEnd()
	l.want(t, "connected", "disconnected")
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
			p.T = t
			for _, packet := range packets {
				p.Send("4" + packet)
			}
			p.WriteMessage(1, []byte(`42["echo"]`)) // counts no more
			p.wantEnd()
			l.want(t, "in", "out")
		})
	}
	t.Run("an attachment that none has announced", func(t *testing.T) {
		p := h.enter()
		p.SendBinary([]byte("x"))
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
		p.Send(packet)
		if strings.HasPrefix(packet, "45") {
			p.SendBinary([]byte("x"))
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
	p.Send(text)
	p.SendBinary(attachments(2, rest/2)...)
	p.SendBinary(attachments(1, rest-rest/2*2)...)
	p.Want(`463-0[]`)
	for range 3 {
		p.Next()
	}
	p.Send(text)
	p.SendBinary(attachments(2, rest/2)...)
	p.SendBinary(attachments(1, rest-rest/2*2+1)...)
	p.wantEnd()
}

func TestFloods(t *testing.T) {
	l := newLog()
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": echoing()}})
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
		p.WantPrefix("40{")
		p.Want(fmt.Sprintf(`44/none%d,{"message":"Invalid namespace"}`, i))
	}
	l.want(t, "sent")
	p.Send("40")
	p.WantPrefix("40{")
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
	bad.Send(`42["panic"]`)
	l.want(t, "at the event")
	bad.wantEnd()
	worse.Send(`42["mark"]`)
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
	h := start(t, Config{Namespaces: map[string]*Namespace{"/": {}}})
	before := runtime.NumGoroutine()
	for range 50 {
		h.enter().Close()
	}
	testkit.Await(t, "all are gone", func() bool { return h.Sessions() == 0 && runtime.NumGoroutine() <= before })
}
