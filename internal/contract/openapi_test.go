package contract

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/server"
)

func openAPI(t *testing.T) *document { return readDocument(t, "openapi.yaml", jsonschema.Draft2020) }

func TestOpenAPIConforms(t *testing.T) {
	d := openAPI(t)
	d.conforms("openapi-3.1.schema.json")
	// Examples are what their schemas say, and every schema can be compiled.
	examples := 0
	d.walk(func(where string, object map[string]any) {
		if _, ok := object["schema"]; !ok {
			return
		}
		var values []any
		if v, ok := object["example"]; ok {
			values = append(values, v)
		}
		if named, ok := object["examples"].(map[string]any); ok {
			for _, v := range named {
				values = append(values, v.(map[string]any)["value"])
			}
		}
		if len(values) == 0 {
			_, err := d.all.Compile(d.name + where + "/schema")
			assert.Check(t, err == nil, "%s: %v", where, err)
		}
		for _, v := range values {
			examples++
			assert.Check(t, d.check(where+"/schema", v), where)
		}
	})
	assert.Check(t, examples >= 10, "%d examples", examples)
}

// documented is what openapi.yaml says of one answer.
type documented struct {
	operation string // "GET /api/rooms/{room}/messages"
	status    string
}

func (d *document) answers() (all []documented) {
	for path, item := range d.object("#/paths") {
		for method := range item.(map[string]any) {
			if !slices.Contains([]string{"get", "post"}, method) {
				continue
			}
			for status := range d.object(operationAt(path, method) + "/responses") {
				all = append(all, documented{strings.ToUpper(method) + " " + path, status})
			}
		}
	}
	return all
}

func operationAt(path, method string) string {
	return "#/paths/" + strings.ReplaceAll(path, "/", "~1") + "/" + strings.ToLower(method)
}

// wants checks a real answer against the document.
func (d *document) wants(operation string, r *http.Response, body []byte) {
	d.t.Helper()
	method, path, _ := strings.Cut(operation, " ")
	at := operationAt(path, method) + "/responses/" + strconv.Itoa(r.StatusCode)
	response := d.object(at)
	if response == nil {
		d.t.Errorf("%s: %d is not documented: %s", operation, r.StatusCode, body)
		return
	}
	what := fmt.Sprintf("%s: %d", operation, r.StatusCode)
	for name := range d.object(at + "/headers") {
		value := r.Header.Values(name)
		if len(value) == 0 {
			required, _ := d.at(at + "/headers/" + name + "/required")
			assert.Check(d.t, required != true, "%s without %s", what, name)
			continue
		}
		assert.Check(d.t, d.check(at+"/headers/"+name+"/schema", value[0]), "%s: %s", what, name)
	}
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	content := d.object(at + "/content")
	if content == nil {
		assert.Check(d.t, media == "" && len(body) == 0, "%s: %s with %q, documented is no body", what, media, body)
		return
	}
	if content[media] == nil {
		d.t.Errorf("%s: Content-Type %q is not documented", what, media)
		return
	}
	var value any = string(body)
	if strings.HasSuffix(media, "json") {
		var err error
		if value, err = jsonschema.UnmarshalJSON(bytes.NewReader(body)); err != nil {
			d.t.Errorf("%s: %v: %s", what, err, body)
			return
		}
	}
	if err := d.check(at+"/content/"+strings.ReplaceAll(media, "/", "~1")+"/schema", value); err != nil {
		d.t.Errorf("%s: %v: %s", what, err, body)
	}
}

// exchange sends one request as it stands and reads the answer's header, and
// its body where that ends.
func exchange(t *testing.T, base, request string) (*http.Response, []byte) {
	t.Helper()
	r, b, err := ask(base, request)
	assert.NilError(t, err, request)
	return r, b
}

func ask(base, request string) (*http.Response, []byte, error) {
	c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	head, body, _ := strings.Cut(request, "\n\n")
	head = strings.ReplaceAll(head, "\n", "\r\n")
	if body != "" {
		head += "\r\nContent-Length: " + strconv.Itoa(len(body))
	}
	if _, err = io.WriteString(c, head+"\r\nHost: "+strings.TrimPrefix(base, "http://")+"\r\n\r\n"+body); err != nil {
		return nil, nil, err
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || r.StatusCode == http.StatusSwitchingProtocols || r.Header.Get("Content-Type") == "text/event-stream" {
		return r, nil, err
	}
	b, err := io.ReadAll(r.Body)
	return r, b, err
}

// askEnding sends a request to a server that waits for a client to close. It
// does so for 2 s: where a busy machine asks later, another server is asked.
func askEnding(t *testing.T, request string) (*http.Response, []byte) {
	t.Helper()
	for {
		ending := server.New(server.Config{})
		base := listen(t, ending)
		s, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(base, "http")+"/api/rooms/lobby/ws", nil)
		assert.NilError(t, err)
		s.SetCloseHandler(func(int, string) error { return nil })
		assert.NilError(t, s.WriteMessage(websocket.TextMessage, []byte(`{"user":"ada","text":"hello"}`)))
		_, _, err = s.ReadMessage() // it is served, not only let in
		assert.NilError(t, err)
		over, begun := make(chan error, 1), time.Now()
		go func() { over <- ending.Shutdown(context.Background()) }()
		for err == nil {
			_, _, err = s.ReadMessage()
		}
		closed := err
		r, body, err := ask(base, request)
		inTime := time.Since(begun) < time.Second
		s.Close()
		assert.NilError(t, <-over)
		if err == nil || inTime {
			assert.NilError(t, err, request)
			assert.Check(t, !inTime || websocket.IsCloseError(closed, websocket.CloseGoingAway), closed)
			return r, body
		}
	}
}

const handshake = "\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="

// What the server answers is what the document says, status by status.
func TestAnswersAreDocumented(t *testing.T) {
	d := openAPI(t)
	base := serve(t, 5)
	v := visitOf(t, base)
	v.say("full", slices.Repeat([]string{oddText}, 7)...)
	engine := v.pollLink("room=lobby")
	const (
		messages = "/api/rooms/{room}/messages"
		events   = "/api/rooms/{room}/events"
		ws       = "/api/rooms/{room}/ws"
		post     = "POST /api/rooms/lobby/messages HTTP/1.1\nContent-Type: application/json\n\n"
	)
	seen := map[documented]bool{}
	for _, c := range []struct {
		operation string
		status    int
		request   string
	}{
		{"POST " + messages, 201, post + `{"user":"ada","text":"hello"}`},
		{"POST " + messages, 400, post + `{"user":"ada"}`},
		{"POST " + messages, 413, post + strings.Repeat(" ", 40<<10)},
		{"POST " + messages, 415, strings.Replace(post, "json", "xml", 1) + "<hello/>"},
		{"GET " + messages, 200, "GET /api/rooms/lobby/messages HTTP/1.1"},
		{"GET " + messages, 200, "GET /api/rooms/lobby/messages?after=1 HTTP/1.1"},
		{"GET " + messages, 200, "GET /api/rooms/full/messages?after=0 HTTP/1.1"},
		{"GET " + messages, 200, "GET /api/rooms/empty/messages?after=0&wait=1s HTTP/1.1"},
		{"GET " + messages, 304, "GET /api/rooms/lobby/messages?after=1 HTTP/1.1\nIf-None-Match: *"},
		{"GET " + messages, 400, "GET /api/rooms/lobby/messages?limit=0 HTTP/1.1"},
		{"GET " + events, 200, "GET /api/rooms/lobby/events HTTP/1.1"},
		{"GET " + events, 400, "GET /api/rooms/lobby/events?after=x HTTP/1.1"},
		{"GET " + events, 505, "GET /api/rooms/lobby/events HTTP/1.0"},
		{"GET " + ws, 101, "GET /api/rooms/lobby/ws HTTP/1.1" + handshake},
		{"GET " + ws, 101, "GET /api/rooms/lobby/ws?batch=true HTTP/1.1" + handshake + "\nSec-WebSocket-Extensions: permessage-deflate"},
		{"GET " + ws, 400, "GET /api/rooms/a.b/ws HTTP/1.1" + handshake},
		{"GET " + ws, 403, "GET /api/rooms/lobby/ws HTTP/1.1" + handshake + "\nOrigin: http://elsewhere.example"},
		{"GET " + ws, 426, "GET /api/rooms/lobby/ws HTTP/1.1"},
		{"GET /socket.io/", 101, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1" + handshake},
		{"GET /socket.io/", 200, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1"},
		{"GET /socket.io/", 400, "GET /socket.io/?EIO=4&transport=polling&sid=nobody HTTP/1.1"},
		{"GET /socket.io/", 403, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\nOrigin: http://elsewhere.example"},
		{"POST /socket.io/", 200, "POST " + engine.path + " HTTP/1.1\n\n40"},
		{"POST /socket.io/", 400, "POST /socket.io/?EIO=4&transport=polling&sid=nobody HTTP/1.1\n\n40"},
		{"POST /socket.io/", 403, "POST " + engine.path + " HTTP/1.1\nOrigin: http://elsewhere.example\n\n40"},
		{"POST /socket.io/", 413, "POST " + engine.path + " HTTP/1.1\n\n4" + strings.Repeat("x", 1<<20)},
		{"GET /healthz", 200, "GET /healthz HTTP/1.1"},
		{"GET /metrics", 200, "GET /metrics HTTP/1.1"},
		{"GET /", 200, "GET / HTTP/1.1"},
	} {
		r, body := exchange(t, base, c.request)
		if r.StatusCode != c.status {
			t.Errorf("%.80s: %d, want %d: %.200s", c.request, r.StatusCode, c.status, body)
			continue
		}
		seen[documented{c.operation, strconv.Itoa(c.status)}] = true
		d.wants(c.operation, r, body)
	}

	// Rooms without end.
	for i := 0; ; i++ {
		a := v.get(v.messages(strconv.Itoa(i), "?after=0"))
		if a.status == http.StatusTooManyRequests {
			break
		}
		assert.Assert(t, a.status == http.StatusOK && i <= 20_000, "room %d: %d", i, a.status)
	}
	for operation, request := range map[string]string{
		"POST " + messages: strings.Replace(post, "lobby", "more", 1) + `{"user":"ada","text":"hello"}`,
		"GET " + messages:  "GET /api/rooms/more/messages HTTP/1.1",
		"GET " + events:    "GET /api/rooms/more/events HTTP/1.1",
		"GET " + ws:        "GET /api/rooms/more/ws HTTP/1.1" + handshake,
	} {
		r, body := exchange(t, base, request)
		d.wants(operation, r, body)
		seen[documented{operation, strconv.Itoa(r.StatusCode)}] = true
	}

	for _, one := range d.answers() {
		if one.status == "503" {
			method, target, _ := strings.Cut(one.operation, " ")
			r, body := askEnding(t, method+" "+strings.Replace(target, "{room}", "lobby", 1)+" HTTP/1.1")
			d.wants(one.operation, r, body)
			seen[documented{one.operation, strconv.Itoa(r.StatusCode)}] = true
		}
	}

	for _, one := range d.answers() {
		if !seen[one] && one.status != "500" { // of which no cause is known
			t.Errorf("%s: %s is documented, and was never answered", one.operation, one.status)
		}
	}
}
