package foreign

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/contract"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/loadgen"
)

// sticky puts HAProxy before two servers, between which it deals out those who
// have no cookie by turns. The rooms of one are not the other's.
func sticky(t *testing.T, one, two *chatserver) *chatserver {
	t.Helper()
	return &chatserver{url: haproxy(t, `defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
listen all
  bind fd@3
  balance roundrobin
  cookie SRV insert indirect nocache
  server one `+strings.TrimPrefix(one.url, "http://")+` cookie one
  server two `+strings.TrimPrefix(two.url, "http://")+" cookie two\n")}
}

// A client belongs to one server with all its connections, also when it comes
// back.
func TestStickySessions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		start      func(testing.TB, ...string) *chatserver
		transports []string
	}{
		"chatserver":    {ours, transport.Names()},
		"node-socketio": {example, spoken},
	} {
		t.Run(name, func(t *testing.T) {
			front := sticky(t, c.start(t), c.start(t))
			for _, way := range c.transports {
				if way == "ws-batch" { // which ours does without --batch
					continue
				}
				t.Run(way, func(t *testing.T) {
					var cookies loadgen.Cookies
					target := loadgen.Target{URL: front.url, Room: way, Publishes: true, Cookies: &cookies}
					texts := numbered(10)
					ada := meet(t, target, way)
					for _, text := range texts {
						assert.NilError(t, ada.Publish(text), "%q", text)
					}
					ada.want(t, texts)
					ada.Close()
					meet(t, target, way).want(t, texts)
				})
			}
		})
	}
}

// To a load balancer, a check is one visitor.
func TestCheckKeepsCookies(t *testing.T) {
	t.Parallel()
	front := sticky(t, ours(t), ours(t))
	results, err := contract.Check(t.Context(), front.url, nil, contract.Part{Transports: []string{"sse", "ws", "socketio-polling", "socketio-ws"}})
	assert.NilError(t, err)
	for _, r := range results {
		assert.Check(t, r.Verdict != contract.Failed, "%s: %v", r.Name, r.Fault)
	}
}
