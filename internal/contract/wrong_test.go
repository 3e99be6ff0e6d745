package contract

import (
	"net/http"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// unmeasured is what cannot be measured where a point has failed: nothing where
// it is not listed.
var unmeasured = map[string]string{
	"publishing: POST is answered 201":                                    "poll poll-etag longpoll sse",
	"polling: after: what follows, oldest first":                          "poll poll-etag longpoll",
	"polling: an answer is not compressed":                                "poll poll-etag longpoll sse",
	"conditional: an ETag, sent back with no news: 304":                   "poll-etag",
	"conditional: an ETag, sent back with news: 200":                      "poll-etag",
	"long poll: news that is there: at once":                              "longpoll",
	"long poll: news that comes: to everyone who waits":                   "longpoll",
	"sse: the answer is a text/event-stream":                              "sse",
	"sse: a message is the data of an event, named message or not at all": "sse",
	"websocket: the handshake is answered 101":                            "ws ws-deflate ws-batch",
	"websocket: a message comes to everyone in the room":                  "ws ws-deflate ws-batch",
	"websocket: each message sent gets one ack":                           "ws ws-deflate ws-batch",
	"deflate: permessage-deflate is agreed on":                            "ws-deflate",
	"batch: batch=true is answered with Batch-Window":                     "ws-batch",
	"batch: what is gathered comes to everyone in the room":               "ws-batch",
	"socket.io polling: a session is opened by a handshake":               "socketio-polling",
	"socket.io polling: the namespace / is connected":                     "socketio-polling",
	"socket.io polling: a message comes to everyone in the room":          "socketio-polling",
	"socket.io polling: each message sent gets its acknowledgement":       "socketio-polling",
	"socket.io websocket: the namespace / is connected":                   "socketio-ws",
	"socket.io websocket: a message comes to everyone in the room":        "socketio-ws",
	"socket.io websocket: each message sent gets its acknowledgement":     "socketio-ws",
}

// Each point fails on a server that does it wrong, and says which transports
// cannot be measured then.
func TestEachPointCanFail(t *testing.T) {
	base := serve(t, 150)
	points := map[string]Point{}
	for _, p := range Points() {
		points[p.String()] = p
	}
	failed := map[string]bool{}
	hello := wrong{old: `"hello"`, new: `"hellO"`}
	is400 := wrong{old: `"status":400`, new: `"status":500`}
	conditionless := wrong{ask: withoutHeader("If-None-Match")}
	always304 := respond(304, "", func(r *http.Request) bool { return r.Header.Get("If-None-Match") != "" })
	resumeless := wrong{ask: without("after")}
	resuming := wrong{ask: with("after", "0")}
	type failing struct {
		point string
		wrong wrong
	}
	cases := []failing{
		{"publishing: POST is answered 201", wrong{answer: status(201, 200)}},
		{"publishing: the 201 holds the message", hello},
		{"publishing: the 201 holds the message", wrong{answer: on("POST", "", setHeader("Content-Type", "text/plain"))}},
		{"publishing: the 201 holds the message", wrong{answer: on("POST", "", forge(`"at":`, `"when":`))}},
		{"publishing: Location names the message's page", wrong{answer: on("POST", "", setHeader("Location", "/api/rooms/x/messages?after=0&limit=1"))}},
		{"publishing: Location names the message's page", wrong{answer: on("POST", "", setHeader("Location", "http://elsewhere.example/"))}},
		{"publishing: ids are 1, 2, 3 … in each room", wrong{old: `"id":2`, new: `"id":3`}},
		{"publishing: at is Unix milliseconds", wrong{answer: forge(`"at":([0-9]+)[0-9]{3}`, `"at":$1`)}},
		{"publishing: text comes back byte for byte", wrong{answer: forge("😀", "?")}},
		{"publishing: text comes back byte for byte", wrong{answer: on("GET", "", forge("ä", "a\u0308"))}},
		{"publishing: the longest user and text are accepted", wrong{answer: on("POST", "", forge("€+", "€"))}},
		{"publishing: a charset may follow the content type", respond(415, "", func(r *http.Request) bool {
			return strings.Contains(r.Header.Get("Content-Type"), "charset")
		})},

		{"polling: a room exists by being named", wrong{answer: forge(`"last":0`, `"last":1`)}},
		{"polling: a room exists by being named", wrong{answer: setHeader("Content-Type", "text/html")}},
		{"polling: after: what follows, oldest first", resumeless},
		{"polling: after: what follows, oldest first", wrong{answer: on("GET", "", forge(`"id":2`, `"id":1`))}},
		{"polling: after: what follows, oldest first", wrong{answer: on("GET", "", forge(`"room":"`, `"room":"x`))}},
		{"polling: after: what follows, oldest first", respond(400, "", func(r *http.Request) bool { return r.URL.Query().Get("limit") == "1000" })},
		{"polling: an answer is not compressed", wrong{answer: setHeader("Content-Encoding", "br")}},
		{"polling: an answer has its length, or chunks", wrong{answer: on("GET", "", unframed)}},
		{"polling: limit cuts, and last goes on from there", wrong{ask: without("limit")}},
		{"polling: limit cuts, and last goes on from there", wrong{answer: on("GET", "", forge(`"last":2`, `"last":3`))}},
		{"polling: limit is 100 unless it is given", wrong{ask: with("limit", "50")}},
		{"polling: without after: the newest messages", resuming},
		{"polling: no news: an empty page with the room's last", wrong{answer: forge(`"last":2`, `"last":0`)}},
		{"polling: unknown parameters are ignored", respond(400, "", func(r *http.Request) bool { return r.URL.Query().Has("colour") })},
		{"polling: the connection is kept alive", wrong{answer: setHeader("Connection", "close")}},
		{"polling: HEAD is answered as GET, without the body", wrong{answer: on("HEAD", "", status(200, 500))}},
		{"polling: HEAD is answered as GET, without the body", wrong{serve: headWithBody("", `{"messages":[],"last":0}`)}},
		{"polling: HEAD is answered as GET, without the body", wrong{serve: headWithBody("Connection: close\r\n", `{"messages":[],"last":0}`)}},

		{"conditional: every page bears ETag and Cache-Control", wrong{answer: setHeader("Etag", `W/"1"`)}},
		{"conditional: every page bears ETag and Cache-Control", wrong{answer: setHeader("Cache-Control", "max-age=60")}},
		{"conditional: an ETag, sent back with no news: 304", conditionless},
		{"conditional: an ETag, sent back with no news: 304", wrong{answer: setHeader("Etag", "1")}},
		{"conditional: If-None-Match with no news: 304, with the ETag", conditionless},
		{"conditional: If-None-Match with no news: 304, with the ETag", wrong{answer: func(r *http.Response) {
			if r.StatusCode == 304 {
				r.Header.Del("Etag")
			}
		}}},
		{"conditional: If-None-Match may be a list, weak, or *", wrong{ask: func(r *http.Request) {
			if strings.Contains(r.Header.Get("If-None-Match"), "W/") {
				r.Header.Del("If-None-Match")
			}
		}}},
		{"conditional: an ETag, sent back with news: 200", always304},

		{"long poll: no news: an empty page after wait", wrong{ask: func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "wait=1.5s", "wait=1s", 1)
		}}},
		{"long poll: no news: an empty page after wait", wrong{answer: on("GET", "", status(200, 204))}},
		{"long poll: news that is there: at once", resumeless},
		{"long poll: news that comes: to everyone who waits", wrong{answer: on("GET", "", forge(`~k3x9`, `~k3x8`))}},
		{"long poll: news that comes: to everyone who waits", wrong{ask: func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "wait=25s", "wait=1s", 1)
		}}},
		{"long poll: no news, conditional: 304 after wait", conditionless},
		{"long poll: no news, conditional: 304 after wait", always304},
		{"long poll: waits of 1s to 60s are taken, others refused 400", wrong{ask: func(r *http.Request) {
			if r.URL.Query().Get("wait") != "25s" {
				without("wait")(r)
			}
		}}},
		{"long poll: waits of 1s to 60s are taken, others refused 400", respond(400, "", func(r *http.Request) bool {
			return r.URL.Query().Get("wait") == "60s"
		})},

		{"sse: the answer is a text/event-stream", wrong{answer: setHeader("Content-Type", "text/html")}},
		{"sse: the answer is not for caches", wrong{answer: setHeader("Cache-Control", "public")}},
		{"sse: the answer is a text/event-stream", wrong{answer: status(200, 500)}},
		{"sse: a message is the data of an event, named message or not at all", wrong{in: isPath("/events"), old: `"text"`, new: `"teXt"`}},
		{"sse: a message is the data of an event, named message or not at all", wrong{in: isPath("/events"), old: `"room":"pollpush`, new: `"room":"pollpuSh`}},
		{"sse: an event is named message and has the message's id", wrong{in: isPath("/events"), old: "id: 1\n", new: "ix: 1\n"}},
		{"sse: an event is named message and has the message's id", wrong{in: isPath("/events"), old: "event: message", new: "event: massage"}},
		{"sse: text comes back byte for byte", wrong{in: isPath("/events"), old: "😀", new: "????"}},
		{"sse: without a cursor: from now on", resuming},
		{"sse: after: what was missed, then what comes", resumeless},
		{"sse: Last-Event-ID wins over after", wrong{ask: withoutHeader("Last-Event-Id")}},
		{"sse: a bad room or cursor is refused 400", resumeless},

		{"websocket: the handshake is answered 101", wrong{answer: setHeader("Sec-Websocket-Accept", "x")}},
		{"websocket: the handshake is answered 101", wrong{answer: setHeader("Sec-Websocket-Extensions", "x-colour")}},
		{"websocket: the handshake is answered 101", respond(200, "hello", isUpgrade)},
		{"websocket: a message comes to everyone in the room", wrong{in: isUpgrade, old: "~k3x9.1", new: "~k3x9.2"}},
		{"websocket: a message comes to everyone in the room", wrong{in: isUpgrade, old: "{", new: "["}},
		{"websocket: a message comes to everyone in the room", wrong{in: isUpgrade, old: "\x81", new: "\x82"}},
		{"websocket: each message sent gets one ack", wrong{in: isUpgrade, old: `{"ack":2}`, new: `{"ask":2}`}},
		{"websocket: an ack has the message's id", wrong{in: isUpgrade, old: `{"ack":2}`, new: `{"ack":9}`}},
		{"websocket: text comes back byte for byte", wrong{in: isUpgrade, old: "😀", new: "????"}},
		{"websocket: without after: from now on", resuming},
		{"websocket: after: what was missed, then what comes", resumeless},
		{"websocket: bad input gets an error, the socket stays", is400},
		{"websocket: a message may come in several frames", wrong{in: isUpgrade, old: "9012345678901", new: "9012345x78901"}},
		{"websocket: a ping gets its pong", wrong{in: isUpgrade, old: "are you there", new: "are we there?"}},
		{"websocket: a close frame gets its code back", wrong{in: isUpgrade, old: "\x10\xe1", new: "\x10\xe2"}},
		{"websocket: more than 16 KiB: closed with 1009", wrong{in: isUpgrade, old: "\x03\xf1", new: "\x03\xe8"}},
		{"websocket: another page's origin is refused 403", wrong{ask: withoutHeader("Origin")}},
		{"websocket: another page's origin is refused 403", wrong{answer: status(403, 500)}},
		{"websocket: a bad room or cursor is refused 400", resumeless},
		{"websocket: a bad room or cursor is refused 400", wrong{answer: status(400, 500)}},

		{"deflate: permessage-deflate is agreed on", respond(400, "", func(r *http.Request) bool {
			return r.Header.Get("Sec-Websocket-Extensions") != ""
		})},
		{"deflate: it is agreed on without context", wrong{answer: setHeader("Sec-Websocket-Extensions", "permessage-deflate")}},
		{"deflate: messages come compressed, and whole", wrong{
			ask:    withoutHeader("Sec-Websocket-Extensions"),
			answer: setHeader("Sec-Websocket-Extensions", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
		}},
		{"deflate: the limit is on what is inflated: 1009", wrong{in: isUpgrade, old: "\x03\xf1", new: "\x03\xe8"}},

		{"batch: batch=true is answered with Batch-Window", respond(400, "", func(r *http.Request) bool { return r.URL.Query().Has("batch") })},
		{"batch: what is gathered comes to everyone in the room", wrong{in: isUpgrade, old: "~k3x9.1", new: "~k3x9.2"}},
		{"batch: what comes within a window goes in one frame", wrong{answer: setHeader("Batch-Window", "soon")}},
		{"batch: what comes within a window goes in one frame", wrong{ask: without("batch"), answer: setHeader("Batch-Window", "1m")}},
		{"batch: who did not ask is not made to wait", wrong{answer: setHeader("Batch-Window", "50ms")}},

		{"socket.io polling: a session is opened by a handshake", wrong{old: `"sid"`, new: `"xid"`}},
		{"socket.io polling: the handshake tells maxPayload", wrong{old: `"maxPayload"`, new: `"maxPageant"`}},
		{"socket.io polling: a session is opened by a handshake", wrong{answer: status(200, 500)}},
		{"socket.io polling: an unknown session is refused 400", wrong{answer: status(400, 404)}},
		{"socket.io polling: the session may be upgraded, losing nothing", wrong{in: isUpgrade, old: "3probe", new: "3prObe"}},
		{"socket.io polling: the session may be upgraded, losing nothing", wrong{in: isUpgrade, old: `"two"`, new: `"too"`}},

		{"socket.io websocket: the namespace / is connected", wrong{in: isUpgrade, old: "pingTimeout", new: "pongTimeout"}},

		{"history: a poll from beyond it says truncated", wrong{answer: forge(`,"truncated":true`, ``)}},
		{"history: a poll from beyond it says truncated", wrong{answer: forge(`(,"truncated":true)?}$`, `,"truncated":true}`)}},
		{"history: a truncated page is never a 304", always304},
		{"history: an event stream begins with truncated", wrong{in: isPath("/events"), old: "event: truncated", new: "event: truncateD"}},
		{"history: an event stream begins with truncated", wrong{in: isPath("/events"), old: `"id":51,`, new: `"id":52,`}},
		{"history: a WebSocket begins with truncated", wrong{in: isUpgrade, old: `"truncated":true`, new: `"ack":7         `}},
		{"history: Socket.IO by polling begins with truncated", wrong{old: `["truncated"`, new: `["truncateD"`}},
		{"history: Socket.IO by WebSocket begins with truncated", wrong{in: isUpgrade, old: `["truncated"`, new: `["truncateD"`}},

		{"together: polling sees what is said in any way", wrong{ask: func(r *http.Request) {
			if r.URL.Query().Get("limit") == "2" {
				without("after")(r)
			}
		}}},
		{"together: SSE sees what is said in any way", wrong{in: isPath("/events"), old: "says 3", new: "says 4"}},
		{"together: SSE sees what is said in any way", wrong{in: isPath("/events"), old: `"user"`, new: `"used"`}},
		{"together: WebSocket sees what is said in any way", wrong{in: isPath("/ws"), old: "says 3", new: "says 4"}},
		{"together: Socket.IO polling sees what is said in any way", wrong{in: isPath("/socket.io"), old: "says 3", new: "says 4"}},
		{"together: Socket.IO WebSocket sees what is said in any way", wrong{in: isPath("/socket.io"), old: "says 3", new: "says 4"}},

		{"errors: a bad room is refused 400", wrong{ask: func(r *http.Request) { r.URL.Path = strings.ReplaceAll(r.URL.Path, ".", "") }}},
		{"errors: a bad room is refused 400", wrong{answer: on("POST", "", status(400, 500))}},
		{"errors: a bad cursor or limit is refused 400", wrong{ask: without("limit")}},
		{"errors: a bad cursor or limit is refused 400", resumeless},
		{"errors: a message that is none is refused 400", wrong{answer: on("POST", "", status(400, 201))}},
		{"errors: what JSON cannot carry is refused 400", wrong{answer: on("POST", "", status(400, 500))}},
		{"errors: a body that is too large is refused 413", wrong{answer: status(413, 400)}},
		{"errors: another content type is refused 415", wrong{answer: status(415, 400)}},
		{"errors: an unknown path is refused 404", wrong{answer: status(404, 200)}},
		{"errors: an unknown method is refused 405, with Allow", wrong{answer: setHeader("Allow", "")}},
		{"errors: an unknown method is refused 405, with Allow", wrong{answer: status(405, 200)}},
		{"errors: errors are application/problem+json", is400},
		{"errors: errors are application/problem+json", wrong{answer: forge(`"title":"[^"]*"`, `"title":""`)}},
		{"errors: what was refused is not posted", wrong{answer: forge(`"messages":\[\],"last":0`,
			`"messages":[{"id":1,"room":"x","user":"ada","text":"","at":1}],"last":1`)}},

		{"around: GET /healthz is answered 200", wrong{answer: status(200, 500)}},
		{"around: GET /metrics counts its requests", wrong{answer: forge(`(?m)^pollpush_http_requests_total .*$`, `pollpush_http_requests_total 5`)}},
		{"around: GET /metrics counts its requests", wrong{answer: forge(`(?m)^pollpush_http_requests_total .*$`, `pollpush_http_requests_total many`)}},
		{"around: GET / is answered", wrong{answer: status(200, 500)}},
	}
	for name, wrong := range map[string]wrong{
		"the namespace / is connected":                {old: `40{"sid`, new: `41{"sid`},
		"no other namespace is connected":             {old: "44/nowhere", new: "40/nowhere"},
		"a message comes to everyone in the room":     {old: "~k3x9.1", new: "~k3x9.2"},
		"text comes back byte for byte":               {old: "😀", new: "????"},
		"the acknowledgement is the message":          {old: `"id":2`, new: `"id":9`},
		"each message sent gets its acknowledgement":  {old: `431[`, new: `438[`},
		"a plain string is a message as well":         {old: "anonymous", new: "anonymouS"},
		"without after: from now on":                  resuming,
		"after: what was missed, then what comes":     resumeless,
		"bad input is told to the callback":           is400,
		"bad input without a callback: error message": is400,
		"a bad room or cursor is a connect error":     is400,
	} {
		cases = append(cases, failing{"socket.io polling: " + name, wrong}, failing{"socket.io websocket: " + name, wrong})
	}
	for _, c := range cases {
		p, ok := points[c.point]
		if !ok {
			t.Errorf("there is no point %q", c.point)
			continue
		}
		failed[c.point] = true
		check := newCheck(t.Context(), c.wrong.before(t, base), nil)
		r := Result{Point: p}
		r.take(check.try(p), Part{})
		check.client.CloseIdleConnections()
		if r.Verdict != Failed {
			t.Errorf("%s: %v (%s)", c.point, r.Verdict, r.Why)
			continue
		}
		var lacking []string
		for _, name := range known {
			if len(Lacking([]Result{r}, name)) > 0 {
				lacking = append(lacking, name)
			}
		}
		got := strings.Join(lacking, " ")
		assert.Check(t, got == unmeasured[c.point], "%s: %q cannot be measured, want %q", c.point, got, unmeasured[c.point])
		if r.Fault.Asked == "" || r.Fault.Found == "" || r.Fault.Remedy == "" {
			t.Errorf("%s: asked %q, found %q, remedy %q", c.point, r.Fault.Asked, r.Fault.Found, r.Fault.Remedy)
		}
	}
	for name := range points {
		assert.Check(t, failed[name], "nothing makes the point %q fail", name)
	}
}
