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

func badRooms(v *visit) {
	for _, room := range []string{"no%20room", "r%C3%B6m", strings.Repeat("x", 65), "a.b"} {
		v.get(v.messages(room, "?after=0")).is(http.StatusBadRequest)
		v.send(room, body("ada", "hello")).is(http.StatusBadRequest)
	}
}

func badQueries(v *visit) {
	for _, query := range []string{"after=x", "after=-1", "after=1.5", "after=", "after=18446744073709551616", "after=0&after=1",
		"after=0&limit=0", "after=0&limit=1001", "after=0&limit=-1", "after=0&limit=ten"} {
		v.get(v.messages(v.room(), "?"+query)).is(http.StatusBadRequest)
	}
}

// refusesAll posts bodies each of which must be refused 400.
func (v *visit) refusesAll(bodies ...string) {
	for _, bad := range bodies {
		v.send(v.room(), bad).is(http.StatusBadRequest)
	}
}

func badPosts(v *visit) {
	v.refusesAll("", "{}", "[]", "null", `{"user":"ada","text":"hello"} {}`)
	v.refusesAll(badMessages...)
}

func badBytes(v *visit) {
	v.refusesAll("{\"user\":\"ada\",\"text\":\"\xff\"}", `{"user":"ada","text":"\ud800"}`, "{\"user\":\"ada\",\"text\":\"a\nb\"}")
}

func tooLarge(v *visit) {
	v.send(v.room(), `{"user":"ada","text":"`+strings.Repeat("x", 256<<10)+`"}`).is(http.StatusRequestEntityTooLarge)
}

func otherTypes(v *visit) {
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""} {
		v.sendAs(kind, v.room(), body("ada", "hello")).is(http.StatusUnsupportedMediaType)
	}
}

func unknownPath(v *visit) {
	for _, path := range []string{"/api/rooms/" + v.room() + "/nothing", "/api/nothing"} {
		v.get(path).is(http.StatusNotFound)
	}
}

func unknownMethod(v *visit) {
	a := v.do(http.MethodDelete, v.messages(v.room(), ""), "")
	if a.status == http.StatusNotFound {
		a.absent("404, as for a path that is not served")
	}
	a.is(http.StatusMethodNotAllowed)
	if allow := a.header.Get("Allow"); !strings.Contains(allow, http.MethodGet) {
		a.fail("Allow "+quote(allow), "list the methods that are served: Allow: GET, HEAD, POST")
	}
}

func problems(v *visit) {
	a := v.get(v.messages(v.room(), "?after=x"))
	if a.media() != "application/problem+json" {
		a.absent("an error is " + quote(a.header.Get("Content-Type")))
	}
	const remedy = `answer {"status":400,"title":"Bad Request","detail":"…"} (RFC 9457)`
	var problem struct {
		Status        int
		Title, Detail string
	}
	if json.Unmarshal(a.body, &problem) != nil || problem.Status != a.status || problem.Title == "" {
		a.fail(a.gist(), remedy)
	}
}

func refusedIsNotPosted(v *visit) {
	room := v.room()
	for _, bad := range badMessages[:6] {
		v.send(room, bad)
	}
	p := v.poll(room, "")
	p.isTexts(1)
}

var around = []Point{
	{Group: "around", Name: "GET /healthz gets 200", try: func(v *visit) { v.answers200("/healthz") }},
	{Group: "around", Name: "GET /metrics counts its requests", try: counting},
	{Group: "around", Name: "GET / is answered", try: func(v *visit) { v.answers200("/") }},
}

func (v *visit) answers200(path string) *answer {
	a := v.get(path)
	a.offered()
	a.is(http.StatusOK)
	return a
}

// requestsTotal is the count that a load is held against where it is offered.
const requestsTotal = "pollpush_http_requests_total"

func counting(v *visit) {
	before, _ := v.scrape()
	for range 3 {
		v.poll(v.room(), "?after=0")
	}
	after, a := v.scrape()
	if after < before+4 { // this scrape included
		a.fail(fmt.Sprintf("%s %v after %v, four requests later", requestsTotal, after, before), "count every request, or do not use this name")
	}
}

// scrape reads the count of requests.
func (v *visit) scrape() (n float64, a *answer) {
	a = v.answers200("/metrics")
	for line := range strings.Lines(string(a.body)) {
		if name, value, ok := strings.Cut(line, " "); ok && name == requestsTotal {
			if _, err := fmt.Sscan(value, &n); err != nil {
				a.fail(quote(line), "write Prometheus text")
			}
			return n, a
		}
	}
	a.absent("no " + requestsTotal)
	return 0, nil
}
