package contract

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// refusals belong to no transport: a load is measured without a mistake.
var refusals = []Point{
	{Group: "errors", Name: "a bad room gets 400", try: badRooms},
	{Group: "errors", Name: "a bad cursor or limit gets 400", try: badQueries},
	{Group: "errors", Name: "an invalid message gets 400", try: badPosts},
	{Group: "errors", Name: "text that JSON cannot carry gets 400", try: badBytes},
	{Group: "errors", Name: "a body that is too large gets 413", try: tooLarge},
	{Group: "errors", Name: "another content type gets 415", try: otherTypes},
	{Group: "errors", Name: "an unknown path gets 404", try: unknownPath},
	{Group: "errors", Name: "an unknown method gets 405 with Allow", try: unknownMethod},
	{Group: "errors", Name: "errors are application/problem+json", try: problems},
	{Group: "errors", Name: "refused messages are not posted", try: refusedIsNotPosted},
}

func badRooms(v *visit) error {
	for _, room := range []string{"no%20room", "r%C3%B6m", strings.Repeat("x", 65), "a.b"} {
		a := must1(v.get(v.messages(room, "?after=0")))
		must(a.is(http.StatusBadRequest))
		a = must1(v.send(room, body("ada", "hello")))
		must(a.is(http.StatusBadRequest))
	}
	return nil
}

func badQueries(v *visit) error {
	for _, query := range []string{"after=x", "after=-1", "after=1.5", "after=", "after=18446744073709551616", "after=0&after=1",
		"after=0&limit=0", "after=0&limit=1001", "after=0&limit=-1", "after=0&limit=ten"} {
		a := must1(v.get(v.messages(v.room(), "?"+query)))
		must(a.is(http.StatusBadRequest))
	}
	return nil
}

// refusesAll posts bodies each of which must be refused 400.
func (v *visit) refusesAll(room string, bodies []string) error {
	for _, bad := range bodies {
		a := must1(v.send(room, bad))
		must(a.is(http.StatusBadRequest))
	}
	return nil
}

func badPosts(v *visit) error {
	return v.refusesAll(v.room(), append([]string{"", "{}", "[]", "null", `{"user":"ada","text":"hello"} {}`}, badMessages...))
}

func badBytes(v *visit) error {
	return v.refusesAll(v.room(), []string{"{\"user\":\"ada\",\"text\":\"\xff\"}", `{"user":"ada","text":"\ud800"}`, "{\"user\":\"ada\",\"text\":\"a\nb\"}"})
}

func tooLarge(v *visit) error {
	a := must1(v.send(v.room(), `{"user":"ada","text":"`+strings.Repeat("x", 256<<10)+`"}`))
	return a.is(http.StatusRequestEntityTooLarge)
}

func otherTypes(v *visit) error {
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""} {
		a := must1(v.do(http.MethodPost, v.messages(v.room(), ""), body("ada", "hello"), "Content-Type", kind))
		must(a.offered())
		must(a.is(http.StatusUnsupportedMediaType))
	}
	return nil
}

func unknownPath(v *visit) error {
	for _, path := range []string{"/api/rooms/" + v.room() + "/nothing", "/api/nothing"} {
		a := must1(v.get(path))
		must(a.is(http.StatusNotFound))
	}
	return nil
}

func unknownMethod(v *visit) error {
	a := must1(v.do(http.MethodDelete, v.messages(v.room(), ""), ""))
	if a.status == http.StatusNotFound {
		return &absence{a.asked, "404, as for a path that is not served"}
	}
	must(a.is(http.StatusMethodNotAllowed))
	if allow := a.header.Get("Allow"); !strings.Contains(allow, http.MethodGet) {
		return a.fault("Allow "+quote(allow), "list the methods that are served: Allow: GET, HEAD, POST")
	}
	return nil
}

func problems(v *visit) error {
	a := must1(v.get(v.messages(v.room(), "?after=x")))
	if a.media() != "application/problem+json" {
		return &absence{a.asked, "an error is " + quote(a.header.Get("Content-Type"))}
	}
	const remedy = `answer {"status":400,"title":"Bad Request","detail":"…"} (RFC 9457)`
	var problem struct {
		Status        int
		Title, Detail string
	}
	if json.Unmarshal(a.body, &problem) != nil || problem.Status != a.status || problem.Title == "" {
		return a.fault(a.gist(), remedy)
	}
	return nil
}

func refusedIsNotPosted(v *visit) error {
	room := v.room()
	for _, bad := range badMessages[:6] {
		must1(v.send(room, bad))
	}
	p, a := must2(v.poll(room, ""))
	return a.isTexts(p, 1)
}

var around = []Point{
	{Group: "around", Name: "GET /healthz gets 200", try: healthy},
	{Group: "around", Name: "GET /metrics counts its requests", try: counting},
	{Group: "around", Name: "GET / is answered", try: pageAnswered},
}

func healthy(v *visit) error {
	a := must1(v.get("/healthz"))
	must(a.offered())
	return a.is(http.StatusOK)
}

// requestsTotal is the count that a load is held against where it is offered.
const requestsTotal = "pollpush_http_requests_total"

func counting(v *visit) error {
	before, _ := must2(v.scrape())
	for range 3 {
		must2(v.poll(v.room(), "?after=0"))
	}
	after, a := must2(v.scrape())
	if after < before+4 { // this scrape included
		return a.fault(fmt.Sprintf("%s %v after %v, four requests later", requestsTotal, after, before), "count every request, or do not use this name")
	}
	return nil
}

// scrape reads the count of requests.
func (v *visit) scrape() (float64, *answer, error) {
	a, err := v.get("/metrics")
	if err != nil {
		return 0, nil, err
	}
	if err := a.offered(); err != nil {
		return 0, nil, err
	}
	if err := a.is(http.StatusOK); err != nil {
		return 0, nil, err
	}
	for line := range strings.Lines(string(a.body)) {
		var n float64
		if name, value, ok := strings.Cut(line, " "); ok && name == requestsTotal {
			if _, err := fmt.Sscan(value, &n); err != nil {
				return 0, nil, a.fault(quote(line), "write Prometheus text")
			}
			return n, a, nil
		}
	}
	return 0, nil, &absence{a.asked, "no " + requestsTotal}
}

func pageAnswered(v *visit) error {
	a := must1(v.get("/"))
	must(a.offered())
	return a.is(http.StatusOK)
}
