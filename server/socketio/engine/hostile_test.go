package engine

import (
	"context"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pollpush/pollpush/internal/testkit"
)

// Clients that do anything at any time, several of them as the same session, end
// their own sessions and harm nothing: no panic, no two messages at a time, and
// in the end no session, goroutine or connection is left.
func TestHostileClients(t *testing.T) {
	h := start(t, Config{PingInterval: 100 * time.Millisecond, PingTimeout: 100 * time.Millisecond, MaxPayload: 1000, MaxPackets: 20, Backlog: 20_000})
	payloads := []string{
		"4x", "4x\x1e4y\x1ebAQIDBA==", "3", "6", "1", "5", "2probe", "", "b=", "4\xff",
		strings.Repeat("\x1e", 500), strings.Repeat("4\x1e", 15) + "4", strings.Repeat("x", 2000),
	}
	const attackers, victims, turns = 8, 20, 60
	ids := make([]string, victims)
	var mu sync.Mutex
	renew := func(i int) string {
		got := h.do("GET", pollingQuery, nil)
		id := h.parse(got.body).SID
		mu.Lock()
		defer mu.Unlock()
		ids[i] = id
		return id
	}
	for i := range ids {
		renew(i)
	}
	var all sync.WaitGroup
	for seed := range uint64(attackers) {
		all.Go(func() {
			chance := rand.New(rand.NewPCG(seed, 1))
			for range turns {
				i := chance.IntN(victims)
				mu.Lock()
				id := ids[i]
				mu.Unlock()
				payload := payloads[chance.IntN(len(payloads))]
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(chance.IntN(50))*time.Millisecond)
				query := pollingQuery + "&sid=" + id
				switch chance.IntN(6) {
				case 0:
					h.try(ctx, "GET", query, nil)
				case 1, 2:
					h.try(ctx, "POST", query, strings.NewReader(payload))
				case 3:
					h.attack(chance, socketQuery+"&sid="+id, "2probe", "5", payload)
				case 4:
					h.attack(chance, socketQuery, payload, payload)
				case 5:
					renew(i)
				}
				cancel()
			}
		})
	}
	all.Wait()
	testkit.Await(h.t, "all sessions ended", func() bool { return h.Sessions() == 0 })
	testkit.Await(h.t, "all sessions forgotten", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.sessions) == 0
	})
}

// attack sends packets over a socket and closes it in one way or another.
func (h *harness) attack(chance *rand.Rand, query string, packets ...string) {
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(h.url, "http")+"?"+query, nil)
	if err != nil {
		return // the session has gone
	}
	defer ws.Close()
	ws.SetReadDeadline(time.Now().Add(patience))
	for _, p := range packets[:1+chance.IntN(len(packets))] {
		ws.WriteMessage(websocket.TextMessage, []byte(p))
		if chance.IntN(2) == 0 {
			ws.ReadMessage() // of whatever, or the end
		}
	}
	if chance.IntN(2) == 0 {
		ws.NetConn().(*net.TCPConn).SetLinger(0)
	}
}
