package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"github.com/pollpush/pollpush/internal/chat"
)

// defaultLimit is how many messages a poll gets at most unless it says.
const defaultLimit = 100

// How long a poll may wait for news.
const (
	minWait = time.Second
	maxWait = time.Minute
)

// query is what a request for messages asks for, by whatever transport.
type query struct {
	after  uint64
	resume bool // whether there is a cursor
	limit  int
	wait   time.Duration // for news; 0 is not at all
}

// from is the cursor from which a client is pushed to. It has to be asked for
// before the answer: whoever has that misses nothing that is posted afterwards.
func (q query) from(room *chat.Room) uint64 {
	if last := room.Last(); !q.resume || q.after > last {
		return last
	}
	return q.after
}

// asked reads which room's messages a request is for, and which of them.
func (s *Server) asked(r *http.Request) (*chat.Room, query, error) {
	room, err := s.hub.Room(chi.URLParam(r, "room"))
	if err != nil {
		return nil, query{}, err
	}
	q, err := parseQuery(r.URL.RawQuery)
	return room, q, err
}

// parseQuery reads the query of a poll, of a stream or of a WebSocket handshake.
// Parameters that it does not know are ignored.
func parseQuery(raw string) (query, error) {
	q := query{limit: defaultLimit}
	after, limit, wait := parameter{name: "after"}, parameter{name: "limit"}, parameter{name: "wait"}
	err := find(raw, &after, &limit, &wait)
	if err != nil {
		return q, err
	}
	if after.times > 0 {
		q.resume = true
		if q.after, err = strconv.ParseUint(after.value, 10, 64); err != nil {
			return q, fmt.Errorf("after: found %q, want the id of the last message seen, once", after.value)
		}
	}
	if limit.times > 0 {
		if q.limit, err = strconv.Atoi(limit.value); err != nil || q.limit < 1 || q.limit > chat.MaxPage {
			return q, fmt.Errorf("limit: found %q, want 1 to %d, once", limit.value, chat.MaxPage)
		}
	}
	if wait.times > 0 {
		if q.wait, err = time.ParseDuration(wait.value); err != nil || q.wait < minWait || q.wait > maxWait {
			return q, fmt.Errorf("wait: found %q, want a time from 1s to 60s, once", wait.value)
		}
		if !q.resume {
			return q, errors.New("wait: found without after, want after as well: the id of the last message seen")
		}
	}
	return q, nil
}

// parseBatch reads from the query of a WebSocket handshake whether messages should
// be gathered for the server's window.
func parseBatch(raw string) (bool, error) {
	batch := parameter{name: "batch"}
	if err := find(raw, &batch); err != nil {
		return false, err
	}
	switch batch.value {
	case "true":
		return true, nil
	case "false", "":
		return false, nil
	}
	return false, fmt.Errorf("batch: found %q, want true or false, once", batch.value)
}

// parameter is what a query says under a name. The value of one that is repeated
// is all its values, which is no valid value of any.
type parameter struct {
	name, value string
	times       int
}

// find reads what is wanted from a query as url.ParseQuery does, which makes a
// map of it.
func find(raw string, wanted ...*parameter) error {
	for pair := range strings.SplitSeq(raw, "&") {
		if strings.Contains(pair, ";") {
			return errors.New("query: invalid semicolon separator in query")
		}
		key, value, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(key)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return fmt.Errorf("query: %w", err)
		}
		for _, p := range wanted {
			switch {
			case p.name != key || pair == "":
			case p.times == 0:
				p.value, p.times = value, 1
			default:
				p.value, p.times = p.value+", "+value, p.times+1
			}
		}
	}
	return nil
}

// parseMessage reads {"user":…,"text":…} and nothing else: no other member, none
// of these in capitals or twice, nothing after the object. It refuses what JSON
// cannot carry byte for byte rather than change it.
func parseMessage(body []byte) (user, text string, err error) {
	const want = `{"user":…,"text":…}`
	if !utf8.Valid(body) {
		return "", "", errors.New("body: found bytes that are not UTF-8, want " + want)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return "", "", errors.New("body: found no JSON object, want " + want)
	}
	fields := map[string]*string{"user": &user, "text": &text}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return "", "", fmt.Errorf("body: %w, want %s", err, want)
		}
		field := fields[name.(string)] // Token has seen to it that it is one
		if field == nil {
			return "", "", fmt.Errorf("body: found an unknown or repeated member %q, want %s", name, want)
		}
		delete(fields, name.(string))
		if err := d.Decode(field); err != nil {
			return "", "", fmt.Errorf("body: %q: %w", name, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return "", "", fmt.Errorf("body: %w, want %s", err, want)
	}
	if _, err := d.Token(); err != io.EOF {
		return "", "", errors.New("body: found more text after the object, want " + want)
	}
	if replaced(body, user+text) {
		return "", "", errors.New(`body: found half a surrogate pair (\ud800 to \udfff), which is no character`)
	}
	return user, text, nil
}

// replaced says whether decoding put a U+FFFD where the body had none: that is
// what encoding/json makes of half a surrogate pair.
func replaced(body []byte, decoded string) bool {
	n := strings.Count(decoded, "\ufffd")
	if n == 0 {
		return false
	}
	return n > bytes.Count(body, []byte("\ufffd"))+bytes.Count(bytes.ToLower(body), []byte(`\ufffd`))
}

// CheckOrigins returns an error unless each of the origins has the form in which
// browsers send theirs: scheme://host or scheme://host:port.
func CheckOrigins(origins []string) error {
	for _, o := range origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != o {
			return fmt.Errorf("origin %q: want scheme://host or scheme://host:port, without a path", o)
		}
	}
	return nil
}

// mayConnect says whether a page of the request's origin may open a WebSocket.
// Clients that are no browsers send no origin and may.
func mayConnect(r *http.Request, allowed []string) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(allowed, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}
