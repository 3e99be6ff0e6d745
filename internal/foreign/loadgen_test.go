package foreign

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/contract"
	"github.com/pollpush/pollpush/internal/testkit/audience"
	"github.com/pollpush/pollpush/loadgen"
)

// spoken are the transports that examples/node-socketio speaks.
var spoken = []string{"poll", "poll-etag", "longpoll", "socketio-polling", "socketio-ws"}

// client is one of the load generator's, and what it receives.
type client struct{ *audience.Client }

func dial(t *testing.T, s *chatserver, name string, publishes bool) *client {
	t.Helper()
	return meet(t, loadgen.Target{URL: s.url, Room: "lobby", Publishes: publishes}, name)
}

func meet(t *testing.T, target loadgen.Target, name string) *client {
	t.Helper()
	return &client{audience.Meet(t, name, target)}
}

// want waits for messages with these texts, ids from 1 on.
func (c *client) want(t *testing.T, texts []string) {
	t.Helper()
	late := time.After(patience)
	for i, text := range texts {
		select {
		case d, ok := <-c.Heard:
			assert.Assert(t, ok, "the connection ended after %d of %d messages", i, len(texts))
			assert.Assert(t, d.Text == text && d.ID == uint64(i+1), "as message %d came %q with the id %d, want %q", i+1, d.Text, d.ID, text)
		case <-late:
			t.Fatalf("got %d of %d messages", i, len(texts))
		}
	}
}

// Our clients get along with a server that nobody here wrote.
func TestOurClientsAgainstSocketIO(t *testing.T) {
	t.Parallel()
	for _, from := range spoken {
		t.Run(from, func(t *testing.T) { everyoneHears(t, example(t), from) })
	}
}

// The example keeps the contract in all that it offers, also where connection
// state recovery adds an argument to every event.
func TestTheExampleKeepsTheContract(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{nil, {"--recovery"}} {
		t.Run(fmt.Sprint(flags), func(t *testing.T) {
			s := example(t, flags...)
			if flags != nil {
				everyoneHears(t, s, "socketio-ws")
			}
			results, err := contract.Check(t.Context(), s.url, nil, contract.Part{Transports: spoken})
			assert.NilError(t, err)
			for _, r := range results {
				offered := r.Verdict == contract.Passed || r.Verdict == contract.Absent && r.Group != "polling"
				assert.Check(t, offered, "%s: %s: %v %s", r.Group, r.Name, r.Fault, r.Why)
			}
		})
	}
}

// everyoneHears publishes by one transport, and listens by all that are spoken.
func everyoneHears(t *testing.T, s *chatserver, from string) {
	ada := dial(t, s, from, true)
	var all []*client
	for _, name := range spoken {
		all = append(all, dial(t, s, name, false))
	}
	var refused *loadgen.AnswerError
	err := ada.Publish(strings.Repeat("x", 5000))
	assert.Check(t, errors.As(err, &refused) && refused.Status == 400, "a text of 5,000 bytes: %v, want a refusal with 400", err)
	texts := numbered(200)
	for _, text := range texts {
		assert.NilError(t, ada.Publish(text), "%q", text)
	}
	for i, each := range append(all, ada) {
		t.Run(fmt.Sprintf("to %s", append(spoken, from)[i]), func(t *testing.T) { each.want(t, texts) })
	}
}
