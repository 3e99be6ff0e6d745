package control

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// ends are what real servers do with connections that are good to nobody any
// more, and the transports that meet it.
var ends = []struct {
	name       string
	transports []string
	answers    func(http.ResponseWriter, *http.Request, int64) bool // as front has it
	relays     func(client, server *websocket.Conn)
	idle       time.Duration
	interval   time.Duration
	lasting    bool // no connection ends
}{
	{name: "each answer closes", transports: []string{"poll", "poll-etag", "longpoll", "sse", "socketio-polling"},
		answers: func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
			w.Header().Set("Connection", "close")
			return false
		}},
	{name: "each third closes", transports: []string{"poll", "longpoll", "socketio-polling"},
		answers: func(w http.ResponseWriter, _ *http.Request, n int64) bool {
			if n%3 == 0 {
				w.Header().Set("Connection", "close")
			}
			return false
		}},
	{name: "idle connections close", transports: []string{"poll", "sse"}, idle: 50 * time.Millisecond, interval: 500 * time.Millisecond},
	{name: "early hints", transports: []string{"poll", "poll-etag", "longpoll", "sse", "socketio-polling"}, lasting: true,
		answers: func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
			w.Header().Set("Link", "</style.css>")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusContinue)
			return false
		}},
	{name: "streams end", transports: []string{"sse"}},
	{name: "sockets close with 1012", transports: []string{"ws", "socketio-ws"}, relays: closeWith(websocket.CloseServiceRestart)},
}

// closeWith passes messages on, and closes with a code after the first one that
// comes when 600 ms have passed.
func closeWith(code int) func(client, server *websocket.Conn) {
	return func(client, server *websocket.Conn) {
		go copyMessages(server, client)
		for begun := time.Now(); ; {
			kind, b, err := server.ReadMessage()
			if err != nil || client.WriteMessage(kind, b) != nil {
				return
			}
			if time.Since(begun) > 600*time.Millisecond && strings.Contains(string(b), `"text"`) {
				break
			}
		}
		_ = client.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""))
	}
}

// tries is how often a trial is measured that the machine has disturbed.
const tries = 3

// report is Errorf, or what stands for it.
type report func(format string, args ...any)

// measureCalm measures a trial and checks it, again where a check fails and the
// machine has disturbed the trial. What is not exact and fails in every try of a
// disturbed trial is only logged.
func measureCalm(t *testing.T, measure func() result.Trial, checks func(exact, calm report, trial result.Trial)) {
	t.Helper()
	for try := 1; ; try++ {
		var wrong, doubtful []string
		note := func(list *[]string) report {
			return func(format string, args ...any) { *list = append(*list, fmt.Sprintf(format, args...)) }
		}
		trial := measure()
		checks(note(&wrong), note(&doubtful), trial)
		if len(wrong)+len(doubtful) == 0 {
			return
		}
		slow := slices.ContainsFunc(trial.Reasons, func(r result.Reason) bool { return r.Code == result.RateNotReached || r.Code == result.PollsNotReached })
		disturbed := !undisturbed(t, &trial) || slow
		if disturbed && try < tries {
			continue
		}
		assert.Check(t, len(wrong) == 0, strings.Join(wrong, "\n"))
		assert.Check(t, disturbed || len(doubtful) == 0, strings.Join(doubtful, "\n"))
		t.Log(strings.Join(doubtful, "\n"))
		return
	}
}

// Where a server ends connections on purpose, clients come back: nothing is
// lost or counted twice, no error is said to have happened, and no request is
// made that was not due.
func TestAConnectionThatTheServerEndsIsAReconnect(t *testing.T) {
	t.Parallel()
	for _, c := range ends {
		for _, name := range c.transports {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				var f *front
				measureCalm(t, func() result.Trial {
					f = &front{answers: c.answers, relays: c.relays}
					if c.name == "streams end" {
						f.answers = f.endStreams
					}
					o := against(t, f.start(t, c.idle).URL, name, 20, 2, 10)
					if c.interval > 0 {
						o.Grid.Points[0].Poll.Interval = c.interval
					}
					return measureOne(t, o)
				}, func(exact, calm report, trial result.Trial) {
					errors := maps.Clone(trial.Errors)
					if c.relays != nil { // what is under way at that moment has no answer
						delete(errors, "publish: "+result.NoAnswer)
						delete(errors, "publish: "+result.ConnectionLost)
					}
					met, counts := int64(0), exact // posts that met the close of a connection that was idle
					if c.idle > 0 {
						counts = calm // polls meet it, too, where the machine stands still
						met = errors["publish: "+result.ConnectionLost]
						delete(errors, "publish: "+result.ConnectionLost)
					}
					if len(errors) > 0 || trial.Connections.Lost > met || trial.Connections.Failed > 0 {
						counts("errors %v, connections %+v: %v", trial.Errors, trial.Connections, trial.Reasons)
					}
					if got := trial.Connections.Reconnects > 0; got && c.lasting {
						exact("%d reconnects", trial.Connections.Reconnects)
					} else if !got && !c.lasting { // they may have fallen beside a window that stood still
						calm("no reconnect")
					}
					if trial.Offered != 20 || trial.Delivered != trial.Expected || trial.Expected < 19*20 {
						calm("%d due, %d published, %d expected, %d delivered", trial.Offered, trial.Published, trial.Expected, trial.Delivered)
					}
					if trial.Lost+trial.Duplicated > 0 {
						exact("%d lost, %d duplicated", trial.Lost, trial.Duplicated)
					}
					if n := f.requests.Load(); trial.TotalsAfter.Requests < n || trial.TotalsAfter.Requests > n+met+trial.Requests.Errors {
						counts("%d requests are counted, the server saw %d", trial.TotalsAfter.Requests, n)
					}
					wantPolls(exact, calm, trial, 0)
					for _, r := range trial.Reasons {
						if !r.Kind().Timing && r.Code != result.Errors && met == 0 {
							calm("the trial is doubted: %+v", r)
						}
					}
				})
			})
		}
	}
}

// wantPolls checks that as many polls are answered as were due, but for so many.
func wantPolls(exact, calm report, trial result.Trial, but int64) {
	if !trial.Asked.Paced {
		return
	}
	due := int64(20*trial.Asked.SteadyS/trial.Asked.PollIntervalS) - but
	if n := trial.PollResponse.N; n > due {
		exact("%d polls are answered, %d were due", n, due)
	} else if n < due {
		calm("%d polls are answered, %d were due", n, due)
	}
}

// An answer that no client can use is one error of its kind; the schedule is
// kept, and nothing is counted twice.
func TestABadAnswerIsOneError(t *testing.T) {
	t.Parallel()
	const bad = 5 // of each kind
	for _, name := range []string{"poll", "poll-etag", "longpoll", "sse", "socketio-polling"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kinds := slices.Sorted(maps.Keys(broken))
			if name == "sse" { // one that is cut off has an answer's head, and is a stream that broke off
				kinds = slices.DeleteFunc(kinds, func(kind string) bool { return kind == result.ConnectionLost })
			}
			var f *front
			measureCalm(t, func() result.Trial {
				var left atomic.Int64 // answers that are still to be bad
				f = &front{}
				f.answers = func(w http.ResponseWriter, r *http.Request, n int64) bool {
					if r.Method == http.MethodGet && !strings.Contains(r.URL.RawQuery, "limit=1&") {
						if n := left.Add(-1); n >= 0 {
							broken[kinds[int(n)%len(kinds)]](w)
							return true
						}
					}
					// A stream is good or bad at its beginning only.
					return name == "sse" && f.endStreams(w, r, n)
				}
				o := against(t, f.start(t, 0).URL, name, 20, 2, 10)
				o.Grid.Points[0].Phases.Steady = 4 * time.Second
				inSteady(&o, func() { left.Store(int64(bad * len(kinds))) })
				return measureOne(t, o)
			}, func(exact, calm report, trial result.Trial) {
				errors := maps.Clone(trial.Errors)
				if name == "socketio-polling" { // a session ends, with what waits for its answer; the next one may begin badly
					delete(errors, "publish: "+result.NoAnswer)
					for _, kind := range kinds {
						errors[kind] += errors["dial: "+kind]
						delete(errors, "dial: "+kind)
					}
				}
				want, failed := map[string]int64{}, int64(0)
				for _, kind := range kinds {
					if kind != result.ConnectionLost { // what was cut off is asked again
						failed += bad
					}
					if name == "sse" { // when it comes back
						kind = "dial: " + kind
					}
					want[kind] = bad
					if !slices.ContainsFunc(trial.Reasons, func(r result.Reason) bool { return strings.Contains(r.Text, kind) }) {
						calm("it is not doubted for %s: %v", kind, trial.Reasons)
					}
				}
				if !maps.Equal(errors, want) {
					calm("errors %v, want %v", trial.Errors, want)
				}
				if trial.Offered != 40 || trial.Published != 40 || trial.Expected != 800 {
					calm("%d due, %d published, %d expected", trial.Offered, trial.Published, trial.Expected)
				}
				if trial.Lost+trial.Duplicated > 0 {
					exact("%d lost, %d duplicated", trial.Lost, trial.Duplicated)
				}
				if n := f.requests.Load(); trial.TotalsAfter.Requests != n {
					exact("%d requests are counted, the server saw %d", trial.TotalsAfter.Requests, n)
				}
				wantPolls(exact, calm, trial, failed)
			})
		})
	}
}

// A server that is gone for a second and ends connections meanwhile has its
// clients back, each with the connections that it had, and is short of none.
func TestClientsComeBackOnce(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"poll", "longpoll", "sse", "ws", "socketio-polling", "socketio-ws"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			measureCalm(t, func() result.Trial {
				var down atomic.Bool
				gone := make(chan struct{})
				f := front{answers: func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
					isDown := down.Load()
					if isDown {
						if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
							conn.Close()
						}
					}
					return isDown
				}, relays: func(client, server *websocket.Conn) {
					select {
					case <-gone:
					default:
						go func() {
							<-gone
							client.UnderlyingConn().Close()
						}()
					}
					go copyMessages(server, client)
					copyMessages(client, server)
				}}
				server := f.start(t, 0)
				o := against(t, server.URL, name, 20, 2, 10)
				o.Grid.Points[0].Phases.Steady = 5 * time.Second
				inSteady(&o, func() {
					down.Store(true)
					server.CloseClientConnections()
					close(gone)
					time.AfterFunc(time.Second, func() { down.Store(false) })
				})
				return measureOne(t, o)
			}, func(exact, calm report, trial result.Trial) {
				held := int64(20)
				if name != "ws" && name != "socketio-ws" {
					held += 2 // over which two of them publish
				}
				if trial.Connections.Held != held {
					calm("%d connections are held, want %d", trial.Connections.Held, held)
				}
				if trial.Connections.Reconnects < 20 || len(trial.Errors) == 0 || trial.Validity == result.Valid {
					calm("%d reconnects, errors %v, %s", trial.Connections.Reconnects, trial.Errors, trial.Validity)
				}
				if trial.Lost+trial.Duplicated > 0 || slices.ContainsFunc(trial.Reasons, func(r result.Reason) bool { return strings.Contains(r.Text, "could not join") }) {
					exact("%d lost, %d duplicated: %v", trial.Lost, trial.Duplicated, trial.Reasons)
				}
			})
		})
	}
}

// A server that drops what it is asked, or closes for its own faults, is not
// forgiven: errors, lost connections and verdict agree.
func TestAServerThatBreaksOffIsDoubted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		transport string
		front     func() *front
		said      string
	}{
		"a poll of five is dropped": {"poll", func() *front {
			var n atomic.Int64
			return &front{answers: func(w http.ResponseWriter, r *http.Request, _ int64) bool {
				if r.Method != http.MethodGet || n.Add(1)%5 != 0 {
					return false
				}
				conn, _, err := http.NewResponseController(w).Hijack()
				if err == nil {
					conn.Close()
				}
				return err == nil
			}}
		}, " requests were not answered"},
		"sockets close with 1011": {"ws", func() *front { return &front{relays: closeWith(websocket.CloseInternalServerErr)} }, "the target's: connection lost"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trial := measureOne(t, against(t, c.front().start(t, 0).URL, c.transport, 20, 2, 10))
			// A request that has been out for long is known to have been heard.
			said := slices.ContainsFunc(trial.Reasons, func(r result.Reason) bool {
				return strings.Contains(r.Text, c.said) || strings.Contains(r.Text, "the target's: connection lost")
			})
			assert.Check(t, trial.Validity != result.Valid && said, "%s, for %v", trial.Validity, trial.Reasons)
			if lost := trial.Connections.Lost; lost != trial.Errors[result.ConnectionLost]+trial.Errors["dial: "+result.ConnectionLost] {
				t.Errorf("%d connections lost, errors %v", lost, trial.Errors)
			}
		})
	}
}

// A client whose first answer cannot be read asks again, and joins.
func TestAClientJoinsAfterABadAnswer(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"poll", "poll-etag"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			measureCalm(t, func() result.Trial {
				var left atomic.Int64
				left.Store(3)
				f := front{answers: func(w http.ResponseWriter, r *http.Request, _ int64) bool {
					bad := strings.Contains(r.URL.RawQuery, "limit=1000") && left.Add(-1) >= 0
					if bad {
						broken[result.MalformedAnswer](w)
					}
					return bad
				}}
				return measureOne(t, against(t, f.start(t, 0).URL, name, 20, 2, 10))
			}, func(exact, calm report, trial result.Trial) {
				if trial.Errors[result.MalformedAnswer] != 3 || trial.Expected != 400 || trial.Delivered != 400 {
					calm("errors %v, %d expected, %d delivered: %v", trial.Errors, trial.Expected, trial.Delivered, trial.Reasons)
				}
				if mean := trial.Connections.HeldMean; mean < 21 || mean > 22 {
					exact("%v connections are held on average, want 22", mean)
				}
			})
		})
	}
}
