package control

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/contract"
	"github.com/pollpush/pollpush/server"
)

func TestCheckTarget(t *testing.T) {
	const remedy = "; it must speak the chat contract (" + contract.Page + ")"
	answer := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   string // after "target http://…"; PATH is what was asked for
	}{
		{"a page", answer(200, "application/json", `{"messages":[],"last":0}`), ""},
		{"a page with more to it", answer(200, "application/json; charset=utf-8", `{"room":"a","messages":[{"id":3}],"last":3,"more":true}`), ""},
		{"HTML", answer(200, "text/html; charset=utf-8", "<html>It works!</html>"),
			" is not a chat server: GET PATH answered 200 OK with HTML" + remedy},
		{"an error in HTML", answer(502, "text/html", "<html>Bad gateway</html>"),
			" is not a chat server: GET PATH answered 502 Bad Gateway with HTML" + remedy},
		{"other JSON", answer(200, "application/json", `{"status":"up"}`),
			` is not a chat server: GET PATH answered 200 OK with "{\"status\":\"up\"}" instead of a page of messages` + remedy},
		{"an array", answer(200, "application/json", `[]`),
			` is not a chat server: GET PATH answered 200 OK with "[]" instead of a page of messages` + remedy},
		{"null", answer(200, "application/json", `{"messages":null,"last":0}`),
			` is not a chat server: GET PATH answered 200 OK with "{\"messages\":null,\"last\":0}" instead of a page of messages` + remedy},
		{"no last", answer(200, "application/json", `{"messages":[]}`),
			` is not a chat server: GET PATH answered 200 OK with "{\"messages\":[]}" instead of a page of messages` + remedy},
		{"nothing", answer(200, "application/json", ""),
			` is not a chat server: GET PATH answered 200 OK with "" instead of a page of messages` + remedy},
		{"much", answer(200, "text/plain", strings.Repeat("x", 1000)),
			` is not a chat server: GET PATH answered 200 OK with "` + strings.Repeat("x", 80) + `" instead of a page of messages` + remedy},
		{"a problem", answer(404, "application/problem+json", `{"type":"about:blank","status":404}`+"\n"),
			` is not a chat server: GET PATH answered 404 Not Found with "{\"type\":\"about:blank\",\"status\":404}" instead of a page of messages` + remedy},
		{"a page, but an error", answer(500, "application/json", `{"messages":[],"last":0}`),
			` is not a chat server: GET PATH answered 500 Internal Server Error with "{\"messages\":[],\"last\":0}" instead of a page of messages` + remedy},
		{"elsewhere", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
		}, " redirects GET PATH to TARGET/elsewhere: redirects are not followed, since each would be measured; give the final address"},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			" closes the connection without an answer; is the server running there, and does it serve http, not https?"},
		{"breaks off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"messages":[`)
		}, " broke off its answer: unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan string, 10)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked <- r.Method + " " + r.URL.RequestURI()
				c.answer(w, r)
			}))
			defer server.Close()
			err := checkTarget(t.Context(), server.URL, nil)
			request := <-asked
			if !regexp.MustCompile(`^GET /api/rooms/pollpush-[a-z0-9]{6}/messages\?after=0&limit=1$`).MatchString(request) {
				t.Errorf("it asked for %s", request)
			}
			if len(asked) > 0 {
				t.Errorf("it went on to ask for %s", <-asked)
			}
			if c.want == "" {
				assert.Check(t, err)
				return
			}
			path := strings.TrimPrefix(strings.TrimSuffix(request, "?after=0&limit=1"), "GET ")
			wantRefusal(t, err, "target "+server.URL+strings.NewReplacer("PATH", path, "TARGET", server.URL).Replace(c.want))
		})
	}
}

func TestCheckTargetWithSlash(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"messages":[],"last":0}`)
	}))
	defer server.Close()
	assert.Check(t, checkTarget(t.Context(), server.URL+"/", nil))
}

func TestCheckTargetWhereNobodyListens(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	closed.Close()
	addr := closed.Addr().String()
	wantRefusal(t, checkTarget(t.Context(), "http://"+addr, nil),
		"target http://"+addr+" does not answer: dial tcp "+addr+": connect: connection refused; is the server running there?")
}

// A server that does not speak TLS may wait for more of a question, or hang up.
func TestCheckTargetWithoutTLS(t *testing.T) {
	for name, meet := range map[string]func(net.Conn){
		"waits":    func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"hangs up": func(c net.Conn) { _, _ = c.Read(make([]byte, 1<<16)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			assert.NilError(t, err)
			defer l.Close()
			go func() {
				for c, err := l.Accept(); err == nil; c, err = l.Accept() {
					go func() { defer c.Close(); meet(c) }()
				}
			}()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			target := "https://" + l.Addr().String()
			wantRefusal(t, checkTarget(ctx, target, nil), "target "+target+" does not answer the TLS handshake; does it serve http, not https?")
		})
	}
}

// A target that keeps silent, before its answer or within, holds nobody up
// who wants to leave.
func TestCheckTargetEndsWithItsContext(t *testing.T) {
	const before, within = " does not answer: context canceled; is the server running there?", " broke off its answer: context canceled"
	for name, begin := range map[string]func(http.ResponseWriter){
		before: func(http.ResponseWriter) {},
		within: func(w http.ResponseWriter) {
			fmt.Fprint(w, `{"messages":[`)
			w.(http.Flusher).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				begin(w)
				leave()
				<-r.Context().Done()
			}))
			defer server.Close()
			err := checkTarget(ctx, server.URL, nil)
			if name == within && err != nil && strings.Contains(err.Error(), "does not answer") {
				name = before // it had left before the answer's beginning was there
			}
			wantRefusal(t, err, "target "+server.URL+name)
		})
	}
}

// A server that listens on IPv6 alone is met by its address and by localhost.
func TestCheckTargetByIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip(err)
	}
	s := server.New(server.Config{})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	defer func() { s.Shutdown(t.Context()); <-served }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"[::1]", "localhost"} {
		target := "http://" + host + ":" + port
		assert.Check(t, checkTarget(t.Context(), target, nil))
		assert.Check(t, checkTransports(t.Context(), target, nil, []string{"poll-etag", "sse", "ws"}))
		metrics := newScrapers([]string{target}, nil)
		sample := metrics.scrape(t.Context())
		assert.Check(t, sample.ok, "%s: the target's counts are not read", target)
		metrics.close()
	}
}

func TestCheckTargetRefusesAddresses(t *testing.T) {
	wantRefusal(t, checkTarget(t.Context(), "127.0.0.1:8080", nil), `target "127.0.0.1:8080": give a server's base address, such as http://127.0.0.1:8080`)
}

func prepared(dir string) error {
	release, err := occupy(dir, false)
	if err != nil {
		return err
	}
	defer release()
	return prepare(dir, nil)
}

func TestPrepare(t *testing.T) {
	t.Run("makes the folder", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "results", "run-1")
		for range 2 { // and takes it if it is empty
			assert.NilError(t, prepared(dir))
			left, err := os.ReadDir(dir)
			assert.Assert(t, err == nil && len(left) == 0, "it left %v behind (%v)", left, err)
		}
	})
	t.Run("not empty", func(t *testing.T) {
		dir := t.TempDir()
		kept := filepath.Join(dir, "trials.jsonl")
		assert.NilError(t, os.WriteFile(kept, []byte("measured\n"), 0o644))
		wantRefusal(t, prepared(dir), "the results folder "+dir+
			" is not empty (it holds trials.jsonl): results are never overwritten; choose another with --out")
		text, err := os.ReadFile(kept)
		assert.Check(t, string(text) == "measured\n", "it holds %q, %v", text, err)
	})
	t.Run("in use", func(t *testing.T) {
		dir := t.TempDir()
		release, err := occupy(dir, false)
		assert.NilError(t, err)
		wantRefusal(t, prepared(dir), "another pollpush is writing its results to "+dir+": wait until it ends, or choose another folder with --out")
		release()
		assert.Check(t, prepared(dir), "after its end")
	})
	t.Run("a file in its way", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "results")
		assert.NilError(t, os.WriteFile(file, nil, 0o644))
		for _, dir := range []string{file, filepath.Join(file, "run-1")} {
			wantRefusal(t, prepared(dir), "the results folder "+dir+" cannot be created: mkdir "+file+": not a directory; choose another with --out")
		}
	})
}

func TestNonce(t *testing.T) {
	shape := regexp.MustCompile(`^[a-z0-9]{6}$`)
	seen := map[string]bool{}
	for range 50 {
		n := nonce()
		assert.Check(t, shape.MatchString(n), "%q is not six small letters and digits", n)
		assert.Check(t, !seen[n], "%q came twice", n)
		seen[n] = true
	}
}
