package server

import (
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/pollpush/pollpush/internal/chat"
)

// problem is an error as clients see it: RFC 9457, of the type "about:blank",
// whose title is the status's own.
type problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
}

// refuse answers with a problem.
func refuse(w http.ResponseWriter, status int, detail string) {
	body, err := json.Marshal(problem{status, http.StatusText(status), detail})
	if err != nil {
		panic(err) // strings and integers always encode
	}
	answerAs(w, status, problemType, lengthOf(body), body)
}

// refuseInput answers with the problem that err is.
func refuseInput(w http.ResponseWriter, err error) {
	if errors.Is(err, chat.ErrTooManyRooms) {
		w.Header().Set("Retry-After", "60")
		refuse(w, http.StatusTooManyRequests, err.Error())
		return
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, "the body is longer than "+strconv.FormatInt(tooLarge.Limit, 10)+" bytes")
		return
	}
	refuse(w, http.StatusBadRequest, err.Error())
}

func methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	routes := chi.RouteContext(r.Context()).Routes
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		route := method
		if method == http.MethodHead { // served by what serves GET
			route = http.MethodGet
		}
		if routes.Match(chi.NewRouteContext(), route, r.URL.Path) {
			allowed = append(allowed, method)
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	refuse(w, http.StatusMethodNotAllowed, "there is no "+r.Method+" here, only "+strings.Join(allowed, ", "))
}

// panicked records that the server has a bug.
func (s *Server) panicked(doing string, value any) {
	s.tally.panics.Add(1)
	s.config.Log.Error("panic", "doing", doing, "value", value, "stack", string(debug.Stack()))
}

func answer(w http.ResponseWriter, status int, body []byte) {
	answerAs(w, status, jsonType, lengthOf(body), body)
}

// answerAs sends a whole body, of that length, in one write.
func answerAs(w http.ResponseWriter, status int, contentType, length []string, body []byte) {
	h := w.Header()
	h["Content-Type"] = contentType
	h["Content-Length"] = length
	w.WriteHeader(status)
	w.Write(body) // there is nobody to tell if the peer is gone
}

func lengthOf(body []byte) []string { return []string{strconv.Itoa(len(body))} }

var (
	jsonType    = []string{"application/json"}
	problemType = []string{"application/problem+json"}
)
