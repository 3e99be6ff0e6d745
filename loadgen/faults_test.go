package loadgen_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/shard"
	"github.com/pollpush/pollpush/loadgen"
)

// trial runs one shard on a server, whatever it publishes being as expected.
func trial(t *testing.T, url string, change func(*shard.Plan)) *shard.Result {
	t.Helper()
	plan := shard.Plan{
		Servers: []string{url}, Rooms: []string{"a", "b"}, Shards: 1, Clients: 6, Publishers: 1, Arrivals: loadgen.Constant, Payload: 100,
		PollInterval: 500 * time.Millisecond, Seed: 7, Nonce: "k3x9", RampStart: clock.Now(), Steady: 2 * time.Second, Drain: time.Second,
	}
	change(&plan)
	commands := make(chan shard.Command, 3)
	defer close(commands)
	var done *shard.Result
	err := loadgen.Run(t.Context(), plan, commands, func(e shard.Event) {
		switch e.Is {
		case shard.Connected:
			commands <- shard.Command{Do: shard.Start, At: clock.Now() + int64(20*time.Millisecond)}
		case shard.Published:
			commands <- shard.Command{Do: shard.Expect, Published: e.Published[:0]} // as sums may be cut
		case shard.Drained:
			commands <- shard.Command{Do: shard.Close}
		case shard.Done:
			done = e.Result
		}
	})
	assert.NilError(t, err)
	return done
}

// What has been delivered was accepted, even if no acknowledgement has ever come.
func TestDeliveredIsAccepted(t *testing.T) {
	var mu sync.Mutex
	all, id := map[*websocket.Conn]bool{}, 0
	server := httptest.NewServer(sockets(func(ws *websocket.Conn) {
		mu.Lock()
		all[ws] = true
		mu.Unlock()
		_, said, err := ws.ReadMessage()
		mu.Lock()
		defer mu.Unlock()
		if delete(all, ws); err != nil {
			return
		}
		id++
		_, text, _ := strings.Cut(string(said), `"text":"`)
		for c := range all {
			c.WriteMessage(websocket.TextMessage, []byte(messageJSON(id, strings.TrimSuffix(text, `"}`))))
		}
	}))
	defer server.Close()
	got := trial(t, server.URL, func(p *shard.Plan) { p.Transport, p.Rooms, p.Rate = "ws", []string{"a"}, 2 })
	assert.Check(t, got.Published > 0 && got.Delivered > 0, "%+v", got.Counts)
}

// A server that is slow to connect to does not make our polls late.
func TestConnectingIsNotLateness(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		fmt.Fprint(w, `{"messages":[],"last":0}`)
	}))
	server.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		<-time.After(150 * time.Millisecond)
		return nil, nil
	}}
	server.StartTLS()
	defer server.Close()
	got := trial(t, server.URL, func(p *shard.Plan) {
		p.Transport, p.Certificates = "poll", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	})
	late, err := result.DecodeHistogram(got.PollLate)
	assert.NilError(t, err)
	response, err := result.DecodeHistogram(got.PollResponse)
	assert.NilError(t, err)
	assert.Check(t, response.TotalCount() > 0 && late.TotalCount() >= response.TotalCount())
	assert.Check(t, late.ValueAtQuantile(50) < response.ValueAtQuantile(50)/2, "late by %v, answered after %v",
		time.Duration(late.ValueAtQuantile(50)), time.Duration(response.ValueAtQuantile(50)))
}

// The first error after dialling comes to Receive as any other does.
func TestFirstErrorIsReceived(t *testing.T) {
	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	c, err := loadgen.Dial(t.Context(), "poll", loadgen.Target{URL: refusing.URL, Room: "a", User: "ada"})
	assert.NilError(t, err)
	defer c.Close()
	c.Poll()
	_, err = c.Receive()
	var refused *loadgen.AnswerError
	assert.Check(t, errors.As(err, &refused) && refused.Status == http.StatusNotFound, "%v", err)

	closing := httptest.NewServer(sockets(func(ws *websocket.Conn) {}))
	defer closing.Close()
	pushed, err := loadgen.Dial(t.Context(), "ws", loadgen.Target{URL: closing.URL, Room: "a", User: "ada"})
	assert.NilError(t, err)
	defer pushed.Close()
	_, err = pushed.Receive()
	assert.Check(t, err != nil)
}
