package engine

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gorilla/websocket"
)

// refusal is how the reference server answers what it does not serve.
type refusal struct {
	status int
	body   string
}

var (
	unknownTransport = refusal{http.StatusBadRequest, `{"code":0,"message":"Transport unknown"}`}
	unknownSession   = refusal{http.StatusBadRequest, `{"code":1,"message":"Session ID unknown"}`}
	badMethod        = refusal{http.StatusBadRequest, `{"code":2,"message":"Bad handshake method"}`}
	badRequest       = refusal{http.StatusBadRequest, `{"code":3,"message":"Bad request"}`}
	forbidden        = refusal{http.StatusForbidden, `{"code":4,"message":"Forbidden"}`}
	badVersion       = refusal{http.StatusBadRequest, `{"code":5,"message":"Unsupported protocol version"}`}
	// The reference server has no code for these two.
	tooLarge = refusal{http.StatusRequestEntityTooLarge, `{"message":"Payload too large"}`}
	tooMany  = refusal{http.StatusServiceUnavailable, `{"message":"No more sessions"}`}
)

func (f refusal) answer(w http.ResponseWriter) {
	if f == tooMany {
		w.Header()["Retry-After"] = []string{"1"}
	}
	answer(w, f.status, jsonType, []byte(f.body))
}

// refuseUpgrade answers what is a WebSocket handshake only nearly.
func refuseUpgrade(w http.ResponseWriter, _ int, _ string) { badRequest.answer(w) }

var (
	jsonType = []string{"application/json"}
	textType = []string{"text/plain; charset=UTF-8"}
	htmlType = []string{"text/html"}
	noStore  = []string{"no-store"}
)

// answer sends a whole body in one write.
func answer(w http.ResponseWriter, status int, contentType []string, body []byte) error {
	h := w.Header()
	h["Content-Type"] = contentType
	h["Cache-Control"] = noStore
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

// ServeHTTP answers one request of either transport.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent) // allows other origins nothing
		return
	}
	if s.config.MayConnect != nil && !s.config.MayConnect(r) {
		forbidden.answer(w)
		return
	}
	transport := parameter(r.URL.RawQuery, "transport")
	if transport != "polling" && transport != "websocket" {
		unknownTransport.answer(w)
		return
	}
	if parameter(r.URL.RawQuery, "EIO") != "4" {
		badVersion.answer(w)
		return
	}
	var session *Session
	if id := parameter(r.URL.RawQuery, "sid"); id != "" {
		if session = s.find(id); session == nil {
			unknownSession.answer(w)
			return
		}
	}
	switch {
	case session == nil && r.Method != http.MethodGet:
		badMethod.answer(w)
	case transport == "websocket" && !websocket.IsWebSocketUpgrade(r):
		badRequest.answer(w)
	case session == nil && transport == "polling":
		s.openPolling(w, r)
	case session == nil:
		s.openSocket(w, r)
	case transport == "websocket":
		session.upgrade(w, r)
	case r.Method == http.MethodGet:
		session.poll(w, r)
	case r.Method == http.MethodPost:
		session.post(w, r)
	default:
		badRequest.answer(w)
	}
}

// parameter returns the first value of a name in a query, or "".
func parameter(query, name string) string {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(pair, "=")
		if key != name {
			continue
		}
		if !strings.ContainsAny(value, "%+") {
			return value
		}
		if value, err := url.QueryUnescape(value); err == nil {
			return value
		}
	}
	return ""
}
