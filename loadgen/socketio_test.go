package loadgen

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

// engine is a small Engine.IO server for one session, by either transport.
type engine struct {
	t       *testing.T
	asked   string        // the handshake's request
	out     chan []string // packets; by polling, those of one answer
	in      chan string
	refuses atomic.Int64 // the status with which POSTs are refused; 0 for none
	conns   atomic.Int64 // connections there were
	gets    sync.Mutex   // held while a request of this kind is under way
	posts   sync.Mutex
}

const engineOpening = `0{"sid":"s/1","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`

// both are the transports of Socket.IO.
var both = map[string]Dialer{"polling": DialSocketIOPolling, "websocket": DialSocketIO}

// serveEngine serves one session. opening is the packet that begins it.
func serveEngine(t *testing.T, opening string) (e *engine, url string) {
	t.Helper()
	e = &engine{t: t, out: make(chan []string, 100), in: make(chan string, 100)}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		switch {
		case q.Get("EIO") != "4":
			http.Error(w, "not Engine.IO 4", 400)
		case q.Get("transport") == "websocket":
			e.asked = r.URL.RequestURI()
			e.socket(w, r, opening)
		case q.Get("sid") == "":
			e.asked = r.URL.RequestURI()
			io.WriteString(w, opening)
		case q.Get("sid") != "s/1":
			http.Error(w, `{"code":1,"message":"Session ID unknown"}`, 400)
		case r.Method == "POST":
			e.post(w, r)
		default:
			e.get(w, r)
		}
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			e.conns.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return e, server.URL
}

func (e *engine) get(w http.ResponseWriter, r *http.Request) {
	if !e.gets.TryLock() {
		e.t.Error("two GETs of one session overlap")
		return
	}
	defer e.gets.Unlock()
	select {
	case packets := <-e.out:
		if strings.HasPrefix(packets[0], "status ") {
			http.Error(w, `{"code":1,"message":"Session ID unknown"}`, 400)
			return
		}
		io.WriteString(w, strings.Join(packets, "\x1e"))
	case <-r.Context().Done():
	}
}

func (e *engine) post(w http.ResponseWriter, r *http.Request) {
	if !e.posts.TryLock() {
		e.t.Error("two POSTs of one session overlap")
		return
	}
	defer e.posts.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Type") != "text/plain;charset=UTF-8" {
		e.t.Errorf("a POST of %s, %v", r.Header.Get("Content-Type"), err)
	}
	if status := e.refuses.Load(); status != 0 {
		http.Error(w, "refused", int(status))
		return
	}
	for packet := range strings.SplitSeq(string(body), "\x1e") {
		e.in <- packet
	}
	io.WriteString(w, "ok")
}

func (e *engine) socket(w http.ResponseWriter, r *http.Request, opening string) {
	ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			_, b, err := ws.ReadMessage()
			if err != nil {
				return
			}
			e.in <- string(b)
		}
	}()
	ws.WriteMessage(websocket.TextMessage, []byte(opening))
	for {
		select {
		case packets := <-e.out:
			for _, p := range packets {
				ws.WriteMessage(websocket.TextMessage, []byte(p))
			}
		case <-ended:
			return
		}
	}
}

// send sends packets: at once, and for good.
func (e *engine) send(packets ...string) { e.out <- packets }

// want fails unless the client's next packet is this one.
func (e *engine) want(packet string) {
	e.t.Helper()
	assert.Check(e.t, is.Equal(<-e.in, packet), "the client sent")
}

// chatPacket is the event that brings a message.
func chatPacket(id int, text string) string {
	return `42["chat message",` + messageJSON(id, text) + `]`
}

// dialEngine dials a client that has joined, with further packets right
// behind the answer to that.
func dialEngine(t *testing.T, dial Dialer, more ...string) (*engine, Client, *Meter) {
	t.Helper()
	e, url := serveEngine(t, engineOpening)
	e.send(append([]string{`40{"sid":"y"}`}, more...)...)
	c, m := dialTo(t, dial, url)
	e.want("40")
	return e, c, m
}

func eachEngine(t *testing.T, f func(t *testing.T, dial Dialer)) {
	for name, dial := range both {
		t.Run(name, func(t *testing.T) { f(t, dial) })
	}
}

func TestSocketIOReceives(t *testing.T) {
	for name, dial := range both {
		t.Run(name, func(t *testing.T) {
			e, c, _ := dialEngine(t, dial, `42["truncated"]`, chatPacket(1, "one"), chatPacket(2, `t\"wo]`))
			e.send("6")
			e.send("2")
			e.send(chatPacket(3, "three"), "2", `42["error message",{"status":400,"title":"no"}]`, `42["other",[1,{"a":"]"}],null]`, `4217["wants an answer"]`)
			e.send(`42[ "chat message" , `+messageJSON(4, "four")+" ] ", "6", chatPacket(5, "five"))
			e.send(`42["chat message",` + messageJSON(6, "six") + `,6,{"more":["]"]} , "AbCd-1"]`)
			receive(t, c, "one", `t\"wo]`, "three", "four", "five", "six")
			e.want("3")
			e.want("3")
			want := "/socket.io/?EIO=4&transport=" + name + "&room=lobby&after=7"
			assert.Check(t, e.asked == want, "asked for %s, want %s", e.asked, want)
		})
	}
}

func TestSocketIOPublishes(t *testing.T) {
	eachEngine(t, func(t *testing.T, dial Dialer) {
		e, c, m := dialEngine(t, dial)
		ended := background(c)
		published := make(chan error, 1)
		publish := func(text string) { published <- c.Publish(text) }

		go publish("hello")
		e.want(`421["chat message",{"user":"ada","text":"hello"}]`)
		e.send(chatPacket(1, "hello"), `431[`+messageJSON(1, "hello")+`,{"queued":0}]`)
		if err := <-published; err != nil {
			t.Errorf("an acknowledged message: %v", err)
		}

		go publish("again")
		e.want(`422["chat message",{"user":"ada","text":"again"}]`)
		// Answers to what nobody waits for, and then the right one.
		e.send(`431[`+messageJSON(1, "hello")+`]`, `4317[{"error":{"status":500,"title":"?"}}]`)
		e.send("2", `432[{"error":{"status":413,"title":"too long"}}]`)
		var refused *AnswerError
		err := <-published
		assert.Check(t, errors.As(err, &refused) && refused.Status == 413 && refused.Text == "too long", "a refused message: %v", err)
		e.want("3")

		c.Close()
		err = <-ended
		assert.Check(t, err != nil, "Receive went on after Close")
		err = c.Publish("too late")
		assert.Check(t, err != nil, "Publish went on after Close")
		assert.Check(t, is.Equal(m.read().held, int64(0)), "connections are left")
	})
}

func TestSocketIOCloseLetsPublishGo(t *testing.T) {
	eachEngine(t, func(t *testing.T, dial Dialer) {
		e, c, _ := dialEngine(t, dial)
		ended := background(c)
		published := make(chan error, 1)
		go func() { published <- c.Publish("unanswered") }()
		e.want(`421["chat message",{"user":"ada","text":"unanswered"}]`)
		c.Close()
		err := <-published
		assert.Check(t, err != nil && errorKind(err) == "no answer", "Publish: %v, want that there was no answer", err)
		<-ended
	})
}

func TestSocketIORefusesToJoin(t *testing.T) {
	eachEngine(t, func(t *testing.T, dial Dialer) {
		for packet, want := range map[string]int{
			`44{"message":"no such room","data":{"status":404}}`:   404,
			`44{"message":"Invalid namespace"}`:                    400,
			`44{"message":"odd","data":"text"}`:                    400,
			`44{"message":"odd","data":{"status":"not a number"}}`: 400,
		} {
			e, url := serveEngine(t, engineOpening)
			e.send(packet)
			m := &Meter{}
			_, err := dial(t.Context(), Target{URL: url, Room: "lobby", Meter: m})
			var refused *AnswerError
			if !errors.As(err, &refused) || refused.Status != want || m.read().held != 0 {
				t.Errorf("%s: %v with %d connections left, want status %d and none", packet, err, m.read().held, want)
			}
		}
	})
}

func TestSocketIODialRefuses(t *testing.T) {
	eachEngine(t, func(t *testing.T, dial Dialer) {
		for _, opening := range []string{"", "0", "0{}", `0{"sid":""}`, `0{"sid":1}`, "40", "hello", "6"} {
			_, url := serveEngine(t, opening)
			_, err := dial(t.Context(), Target{URL: url, Room: "lobby", Meter: &Meter{}})
			assert.Check(t, errors.Is(err, errMalformed), "opened by %q: %v, want a malformed answer", opening, err)
		}
		for _, packet := range []string{chatPacket(1, "too early"), `43[{"id":1}]`, engineOpening, "44", "44[]"} {
			e, url := serveEngine(t, engineOpening)
			e.send(packet)
			_, err := dial(t.Context(), Target{URL: url, Room: "lobby", Meter: &Meter{}})
			assert.Check(t, errors.Is(err, errMalformed), "joined by %q: %v, want a malformed answer", packet, err)
		}
	})
}

// packets that end a client, and the error that says so.
var fatal = map[string]error{
	"1": errEnded, "41": errEnded,
	"": errMalformed, "0{}": errMalformed, "3": errMalformed, "5": errMalformed, "7": errMalformed, "4": errMalformed,
	"bAAEC": errMalformed, "45": errMalformed, `451-["chat message",{"_placeholder":true,"num":0}]`: errMalformed,
	"461-0[]": errMalformed, "47": errMalformed, "4x": errMalformed, `40{"sid":"z"}`: errMalformed, `44{"message":"late"}`: errMalformed,
	`42/admin,["chat message",{"id":1,"text":"a"}]`: errMalformed, `42`: errMalformed, `42{}`: errMalformed, `42[]`: errMalformed, `42[1]`: errMalformed,
	`42["chat message"]`: errMalformed, `42["chat message","hi"]`: errMalformed, `42["chat message",{"id":1}]`: errMalformed,
	`42["chat message",{"id":1,"text":"a"}`: errMalformed, `42["chat message",{"id":1,"text":"a"}]x`: errMalformed,
	`42["chat message",{"id":1,"text":"a"},]`: errMalformed, `42["chat message",{"id":1,"text":"a"}` + "\n": errMalformed,
	`4299999999999999999999["chat message"]`: errMalformed,
	`43[]`:                                   errMalformed, `431`: errMalformed, `431[]`: errMalformed, `431[1]`: errMalformed, `431["ok"]`: errMalformed, `431[{}]`: errMalformed,
	`431[{"id":1}`: errMalformed, `431[{"id":1}],`: errMalformed, `430[{"error":1}]`: errMalformed,
}

func TestSocketIOEnds(t *testing.T) {
	eachEngine(t, func(t *testing.T, dial Dialer) {
		for packet, want := range fatal {
			e, c, _ := dialEngine(t, dial)
			e.send("2", packet)
			ds, err := c.Receive()
			assert.Check(t, errors.Is(err, want), "%q gave %v, %v; want %v", packet, ds, err, want)
			c.Close()
		}
	})
}

// An end that the server announces is told from one that it was driven to.
func TestSocketIOEndsWithItsWebSocket(t *testing.T) {
	for code, want := range map[int]error{1000: errEnded, 1001: errEnded, 1012: errEnded, 1005: io.EOF, 1008: io.EOF, 1011: io.EOF, 1013: io.EOF} {
		url := serveSockets(t, websocket.Upgrader{}, nil, func(ws *websocket.Conn, _ *http.Request) {
			ws.WriteMessage(websocket.TextMessage, []byte(engineOpening))
			ws.ReadMessage()
			ws.WriteMessage(websocket.TextMessage, []byte(`40{"sid":"y"}`))
			ws.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(code, "bye")) // 1005 is none
			ws.ReadMessage()
		})
		c, _ := dialTo(t, DialSocketIO, url)
		if _, err := c.Receive(); !errors.Is(err, want) || code != 1005 && !strings.Contains(err.Error(), fmt.Sprint(code)) {
			t.Errorf("%v, want an end with code %d as %q", err, code, want)
		}
	}
}

func TestSocketIOPollingSession(t *testing.T) {
	e, c, m := dialEngine(t, DialSocketIOPolling)
	n := e.conns.Load()
	assert.Check(t, n == 2, "a client that publishes took %d connections, want 2", n)
	armed := c.(Rearmer).Armed
	assert.Check(t, !armed(), "a request is out before Receive was called")
	received := make(chan error, 1)
	go func() {
		_, err := c.Receive()
		received <- err
	}()
	e.send("2", "6")
	e.want("3") // answered before it asks again
	for !armed() {
		runtime.Gosched()
	}
	e.send(chatPacket(1, "one"))
	if err := <-received; err != nil {
		t.Fatal(err)
	}
	assert.Check(t, !armed(), "a request is out while deliveries are in use")
	assert.Check(t, is.Equal(m.empty.Load(), int64(1)), "empty answers")

	e.refuses.Store(413)
	var refused *AnswerError
	if err := c.Publish("too long"); !errors.As(err, &refused) || refused.Status != 413 {
		t.Errorf("a refused POST: %v", err)
	}
	e.refuses.Store(0)

	e.send("status 400")
	_, err := c.Receive()
	if errors.As(err, &refused) || errorKind(err) != "status 400" || !strings.Contains(err.Error(), "Session ID unknown") {
		t.Errorf("a session that the server does not know any more: %v, of kind %q, want its end as status 400", err, errorKind(err))
	}
	if held, lost := m.read().held, m.lost.Load(); held != 2 || lost != 0 {
		t.Errorf("%d connections are held and %d lost, want 2 and 0", held, lost)
	}
	if r := m.read(); r.requests != 8 || r.byStatus[200] != 6 || r.byStatus[400] != 1 || r.byStatus[413] != 1 || r.unanswered != 0 {
		t.Errorf("counted %+v", r)
	}
}

func TestSocketIOPollingListensByOneConnection(t *testing.T) {
	e, url := serveEngine(t, engineOpening)
	e.send(`40{"sid":"y"}`)
	m := &Meter{}
	c, err := DialSocketIOPolling(t.Context(), Target{URL: url, Room: "lobby", Meter: m})
	assert.NilError(t, err)
	defer c.Close()
	e.want("40")
	for i := 1; i <= 20; i++ {
		e.send("2", chatPacket(i, fmt.Sprint("message ", i)))
	}
	got := 0
	for got < 20 {
		ds, err := c.Receive()
		assert.NilError(t, err)
		got += len(ds)
	}
	// The last ping is answered before the next GET.
	ended := background(c)
	for range 20 {
		e.want("3")
	}
	if n, opened := e.conns.Load(), m.Totals().Connections; n != 1 || opened != 1 {
		t.Errorf("%d connections, %d counted; want 1", n, opened)
	}
	c.Close()
	<-ended
}

func FuzzSocketIO(f *testing.F) {
	for packet := range fatal {
		f.Add(packet)
	}
	f.Add(chatPacket(1, "hello"))
	f.Add(`42["truncated"]`)
	f.Add(`431[` + messageJSON(1, "hello") + `]`)
	f.Add(`431[{"error":{"status":400,"title":"no"}}]`)
	f.Add(engineOpening)
	f.Add(`44{"message":"no","data":{"status":400}}`)
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = parseOpen([]byte(text))
		for _, joined := range []bool{false, true} {
			c := &socketIO{joined: joined, acks: make(acks, 1)}
			c.event.Store(1)
			p, err := parsePacket([]byte(text))
			if err == nil && p.engine != enginePing {
				err = c.take(p)
			}
			var refused *AnswerError
			if err != nil && !errors.Is(err, errMalformed) && !errors.Is(err, errEnded) && !errors.As(err, &refused) {
				t.Fatalf("%q gave %v", text, err)
			}
			for _, d := range c.got {
				if d.ID == 0 || !strings.Contains(text, string(d.JSON)) || !strings.Contains(text, `["`) {
					t.Fatalf("%q gave %d %q", text, d.ID, d.JSON)
				}
			}
			if len(c.got) > 0 && (!joined || err != nil) {
				t.Fatalf("%q gave deliveries and %v", text, err)
			}
		}
	})
}
