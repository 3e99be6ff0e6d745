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
	"publishing: POST gets 201":                                        "poll poll-etag longpoll sse",
	"polling: after returns newer messages, oldest first":              "poll poll-etag longpoll",
	"polling: an answer is not compressed":                             "poll poll-etag longpoll sse",
	"conditional: an ETag sent back without news gets 304":             "poll-etag",
	"conditional: an ETag sent back with news gets 200":                "poll-etag",
	"long poll: existing news comes at once":                           "longpoll",
	"long poll: new messages reach everyone who waits":                 "longpoll",
	"sse: the answer is a text/event-stream":                           "sse",
	"sse: a message is the data of an event named message, or unnamed": "sse",
	"websocket: the handshake gets 101":                                "ws ws-deflate ws-batch",
	"websocket: a message reaches everyone in the room":                "ws ws-deflate ws-batch",
	"websocket: each message sent gets one ack":                        "ws ws-deflate ws-batch",
	"deflate: permessage-deflate is accepted":                          "ws-deflate",
	"batch: batch=true is answered with Batch-Window":                  "ws-batch",
	"batch: gathered messages reach everyone in the room":              "ws-batch",
	"socket.io polling: a handshake opens a session":                   "socketio-polling",
	"socket.io polling: the namespace / accepts connections":           "socketio-polling",
	"socket.io polling: a message reaches everyone in the room":        "socketio-polling",
	"socket.io polling: each message sent is acknowledged":             "socketio-polling",
	"socket.io websocket: the namespace / accepts connections":         "socketio-ws",
	"socket.io websocket: a message reaches everyone in the room":      "socketio-ws",
	"socket.io websocket: each message sent is acknowledged":           "socketio-ws",
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
		{"publishing: POST gets 201", wrong{answer: status(201, 200)}},
		{"publishing: the 201 contains the message", hello},
		{"publishing: the 201 contains the message", wrong{answer: on("POST", "", setHeader("Content-Type", "text/plain"))}},
		{"publishing: the 201 contains the message", wrong{answer: on("POST", "", forge(`"at":`, `"when":`))}},
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

		{"polling: a room exists once it is named", wrong{answer: forge(`"last":0`, `"last":1`)}},
		{"polling: a room exists once it is named", wrong{answer: setHeader("Content-Type", "text/html")}},
		{"polling: after returns newer messages, oldest first", resumeless},
		{"polling: after returns newer messages, oldest first", wrong{answer: on("GET", "", forge(`"id":2`, `"id":1`))}},
		{"polling: after returns newer messages, oldest first", wrong{answer: on("GET", "", forge(`"room":"`, `"room":"x`))}},
		{"polling: after returns newer messages, oldest first", respond(400, "", func(r *http.Request) bool { return r.URL.Query().Get("limit") == "1000" })},
		{"polling: an answer is not compressed", wrong{answer: setHeader("Content-Encoding", "br")}},
		{"polling: an answer has a length or is chunked", wrong{answer: on("GET", "", unframed)}},
		{"polling: limit caps the page, and last continues from it", wrong{ask: without("limit")}},
		{"polling: limit caps the page, and last continues from it", wrong{answer: on("GET", "", forge(`"last":2`, `"last":3`))}},
		{"polling: limit defaults to 100", wrong{ask: with("limit", "50")}},
		{"polling: without after, the newest messages come", resuming},
		{"polling: without news, an empty page with the room's last", wrong{answer: forge(`"last":2`, `"last":0`)}},
		{"polling: unknown parameters are ignored", respond(400, "", func(r *http.Request) bool { return r.URL.Query().Has("colour") })},
		{"polling: the connection is kept alive", wrong{answer: setHeader("Connection", "close")}},
		{"polling: HEAD is answered like GET, without the body", wrong{answer: on("HEAD", "", status(200, 500))}},
		{"polling: HEAD is answered like GET, without the body", wrong{serve: headWithBody("", `{"messages":[],"last":0}`)}},
		{"polling: HEAD is answered like GET, without the body", wrong{serve: headWithBody("Connection: close\r\n", `{"messages":[],"last":0}`)}},

		{"conditional: every page has ETag and Cache-Control", wrong{answer: setHeader("Etag", `W/"1"`)}},
		{"conditional: every page has ETag and Cache-Control", wrong{answer: setHeader("Cache-Control", "max-age=60")}},
		{"conditional: an ETag sent back without news gets 304", conditionless},
		{"conditional: an ETag sent back without news gets 304", wrong{answer: setHeader("Etag", "1")}},
		{"conditional: If-None-Match without news gets 304 with the ETag", conditionless},
		{"conditional: If-None-Match without news gets 304 with the ETag", wrong{answer: func(r *http.Response) {
			if r.StatusCode == 304 {
				r.Header.Del("Etag")
			}
		}}},
		{"conditional: If-None-Match may be a list, weak, or *", wrong{ask: func(r *http.Request) {
			if strings.Contains(r.Header.Get("If-None-Match"), "W/") {
				r.Header.Del("If-None-Match")
			}
		}}},
		{"conditional: an ETag sent back with news gets 200", always304},

		{"long poll: without news, an empty page comes after wait", wrong{ask: func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "wait=1.5s", "wait=1s", 1)
		}}},
		{"long poll: without news, an empty page comes after wait", wrong{answer: on("GET", "", status(200, 204))}},
		{"long poll: existing news comes at once", resumeless},
		{"long poll: new messages reach everyone who waits", wrong{answer: on("GET", "", forge(`~k3x9`, `~k3x8`))}},
		{"long poll: new messages reach everyone who waits", wrong{ask: func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "wait=25s", "wait=1s", 1)
		}}},
		{"long poll: without news, a conditional poll gets 304 after wait", conditionless},
		{"long poll: without news, a conditional poll gets 304 after wait", always304},
		{"long poll: waits of 1s to 60s are accepted, others get 400", wrong{ask: func(r *http.Request) {
			if r.URL.Query().Get("wait") != "25s" {
				without("wait")(r)
			}
		}}},
		{"long poll: waits of 1s to 60s are accepted, others get 400", respond(400, "", func(r *http.Request) bool {
			return r.URL.Query().Get("wait") == "60s"
		})},

		{"sse: the answer is a text/event-stream", wrong{answer: setHeader("Content-Type", "text/html")}},
		{"sse: the answer is not cacheable", wrong{answer: setHeader("Cache-Control", "public")}},
		{"sse: the answer is a text/event-stream", wrong{answer: status(200, 500)}},
		{"sse: a message is the data of an event named message, or unnamed", wrong{in: isPath("/events"), old: `"text"`, new: `"teXt"`}},
		{"sse: a message is the data of an event named message, or unnamed", wrong{in: isPath("/events"), old: `"room":"pollpush`, new: `"room":"pollpuSh`}},
		{"sse: an event is named message and has the message's id", wrong{in: isPath("/events"), old: "id: 1\n", new: "ix: 1\n"}},
		{"sse: an event is named message and has the message's id", wrong{in: isPath("/events"), old: "event: message", new: "event: massage"}},
		{"sse: text comes back byte for byte", wrong{in: isPath("/events"), old: "😀", new: "????"}},
		{"sse: without a cursor, only new messages come", resuming},
		{"sse: after returns missed messages, then new ones", resumeless},
		{"sse: Last-Event-ID overrides after", wrong{ask: withoutHeader("Last-Event-Id")}},
		{"sse: a bad room or cursor gets 400", resumeless},

		{"websocket: the handshake gets 101", wrong{answer: setHeader("Sec-Websocket-Accept", "x")}},
		{"websocket: the handshake gets 101", wrong{answer: setHeader("Sec-Websocket-Extensions", "x-colour")}},
		{"websocket: the handshake gets 101", respond(200, "hello", isUpgrade)},
		{"websocket: a message reaches everyone in the room", wrong{in: isUpgrade, old: "~k3x9.1", new: "~k3x9.2"}},
		{"websocket: a message reaches everyone in the room", wrong{in: isUpgrade, old: "{", new: "["}},
		{"websocket: a message reaches everyone in the room", wrong{in: isUpgrade, old: "\x81", new: "\x82"}},
		{"websocket: each message sent gets one ack", wrong{in: isUpgrade, old: `{"ack":2}`, new: `{"ask":2}`}},
		{"websocket: an ack has the message's id", wrong{in: isUpgrade, old: `{"ack":2}`, new: `{"ack":9}`}},
		{"websocket: text comes back byte for byte", wrong{in: isUpgrade, old: "😀", new: "????"}},
		{"websocket: without after, only new messages come", resuming},
		{"websocket: after returns missed messages, then new ones", resumeless},
		{"websocket: bad input gets an error, and the socket stays open", is400},
		{"websocket: a message may span several frames", wrong{in: isUpgrade, old: "9012345678901", new: "9012345x78901"}},
		{"websocket: a ping gets a pong", wrong{in: isUpgrade, old: "are you there", new: "are we there?"}},
		{"websocket: a close frame is answered with its code", wrong{in: isUpgrade, old: "\x10\xe1", new: "\x10\xe2"}},
		{"websocket: a message above 16 KiB closes with 1009", wrong{in: isUpgrade, old: "\x03\xf1", new: "\x03\xe8"}},
		{"websocket: a foreign origin gets 403", wrong{ask: withoutHeader("Origin")}},
		{"websocket: a foreign origin gets 403", wrong{answer: status(403, 500)}},
		{"websocket: a bad room or cursor gets 400", resumeless},
		{"websocket: a bad room or cursor gets 400", wrong{answer: status(400, 500)}},

		{"deflate: permessage-deflate is accepted", respond(400, "", func(r *http.Request) bool {
			return r.Header.Get("Sec-Websocket-Extensions") != ""
		})},
		{"deflate: it is accepted without context takeover", wrong{answer: setHeader("Sec-Websocket-Extensions", "permessage-deflate")}},
		{"deflate: messages arrive compressed and intact", wrong{
			ask:    withoutHeader("Sec-Websocket-Extensions"),
			answer: setHeader("Sec-Websocket-Extensions", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
		}},
		{"deflate: the size limit applies after inflating: 1009", wrong{in: isUpgrade, old: "\x03\xf1", new: "\x03\xe8"}},

		{"batch: batch=true is answered with Batch-Window", respond(400, "", func(r *http.Request) bool { return r.URL.Query().Has("batch") })},
		{"batch: gathered messages reach everyone in the room", wrong{in: isUpgrade, old: "~k3x9.1", new: "~k3x9.2"}},
		{"batch: messages within a window go in one frame", wrong{answer: setHeader("Batch-Window", "soon")}},
		{"batch: messages within a window go in one frame", wrong{ask: without("batch"), answer: setHeader("Batch-Window", "1m")}},
		{"batch: clients that did not ask do not wait", wrong{answer: setHeader("Batch-Window", "50ms")}},

		{"socket.io polling: a handshake opens a session", wrong{old: `"sid"`, new: `"xid"`}},
		{"socket.io polling: the handshake has maxPayload", wrong{old: `"maxPayload"`, new: `"maxPageant"`}},
		{"socket.io polling: a handshake opens a session", wrong{answer: status(200, 500)}},
		{"socket.io polling: an unknown session gets 400", wrong{answer: status(400, 404)}},
		{"socket.io polling: a session can be upgraded without losses", wrong{in: isUpgrade, old: "3probe", new: "3prObe"}},
		{"socket.io polling: a session can be upgraded without losses", wrong{in: isUpgrade, old: `"two"`, new: `"too"`}},

		{"socket.io websocket: the namespace / accepts connections", wrong{in: isUpgrade, old: "pingTimeout", new: "pongTimeout"}},

		{"history: a poll from before it is marked truncated", wrong{answer: forge(`,"truncated":true`, ``)}},
		{"history: a poll from before it is marked truncated", wrong{answer: forge(`(,"truncated":true)?}$`, `,"truncated":true}`)}},
		{"history: a truncated page is never a 304", always304},
		{"history: an event stream begins with truncated", wrong{in: isPath("/events"), old: "event: truncated", new: "event: truncateD"}},
		{"history: an event stream begins with truncated", wrong{in: isPath("/events"), old: `"id":51,`, new: `"id":52,`}},
		{"history: a WebSocket begins with truncated", wrong{in: isUpgrade, old: `"truncated":true`, new: `"ack":7         `}},
		{"history: Socket.IO by polling begins with truncated", wrong{old: `["truncated"`, new: `["truncateD"`}},
		{"history: Socket.IO by WebSocket begins with truncated", wrong{in: isUpgrade, old: `["truncated"`, new: `["truncateD"`}},

		{"together: polling sees messages of all transports", wrong{ask: func(r *http.Request) {
			if r.URL.Query().Get("limit") == "2" {
				without("after")(r)
			}
		}}},
		{"together: SSE sees messages of all transports", wrong{in: isPath("/events"), old: "says 3", new: "says 4"}},
		{"together: SSE sees messages of all transports", wrong{in: isPath("/events"), old: `"user"`, new: `"used"`}},
		{"together: WebSocket sees messages of all transports", wrong{in: isPath("/ws"), old: "says 3", new: "says 4"}},
		{"together: Socket.IO polling sees messages of all transports", wrong{in: isPath("/socket.io"), old: "says 3", new: "says 4"}},
		{"together: Socket.IO WebSocket sees messages of all transports", wrong{in: isPath("/socket.io"), old: "says 3", new: "says 4"}},

		{"errors: a bad room gets 400", wrong{ask: func(r *http.Request) { r.URL.Path = strings.ReplaceAll(r.URL.Path, ".", "") }}},
		{"errors: a bad room gets 400", wrong{answer: on("POST", "", status(400, 500))}},
		{"errors: a bad cursor or limit gets 400", wrong{ask: without("limit")}},
		{"errors: a bad cursor or limit gets 400", resumeless},
		{"errors: an invalid message gets 400", wrong{answer: on("POST", "", status(400, 201))}},
		{"errors: text that JSON cannot carry gets 400", wrong{answer: on("POST", "", status(400, 500))}},
		{"errors: a body that is too large gets 413", wrong{answer: status(413, 400)}},
		{"errors: another content type gets 415", wrong{answer: status(415, 400)}},
		{"errors: an unknown path gets 404", wrong{answer: status(404, 200)}},
		{"errors: an unknown method gets 405 with Allow", wrong{answer: setHeader("Allow", "")}},
		{"errors: an unknown method gets 405 with Allow", wrong{answer: status(405, 200)}},
		{"errors: errors are application/problem+json", is400},
		{"errors: errors are application/problem+json", wrong{answer: forge(`"title":"[^"]*"`, `"title":""`)}},
		{"errors: refused messages are not posted", wrong{answer: forge(`"messages":\[\],"last":0`,
			`"messages":[{"id":1,"room":"x","user":"ada","text":"","at":1}],"last":1`)}},

		{"around: GET /healthz gets 200", wrong{answer: status(200, 500)}},
		{"around: GET /metrics counts its requests", wrong{answer: forge(`(?m)^pollpush_http_requests_total .*$`, `pollpush_http_requests_total 5`)}},
		{"around: GET /metrics counts its requests", wrong{answer: forge(`(?m)^pollpush_http_requests_total .*$`, `pollpush_http_requests_total many`)}},
		{"around: GET / is answered", wrong{answer: status(200, 500)}},
	}
	for name, wrong := range map[string]wrong{
		"the namespace / accepts connections":                {old: `40{"sid`, new: `41{"sid`},
		"other namespaces are refused":                       {old: "44/nowhere", new: "40/nowhere"},
		"a message reaches everyone in the room":             {old: "~k3x9.1", new: "~k3x9.2"},
		"text comes back byte for byte":                      {old: "😀", new: "????"},
		"the acknowledgement contains the message":           {old: `"id":2`, new: `"id":9`},
		"each message sent is acknowledged":                  {old: `431[`, new: `438[`},
		"a plain string is also a message":                   {old: "anonymous", new: "anonymouS"},
		"without after, only new messages come":              resuming,
		"after returns missed messages, then new ones":       resumeless,
		"the callback reports bad input":                     is400,
		"bad input without a callback gets an error message": is400,
		"a bad room or cursor gives a connect error":         is400,
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
