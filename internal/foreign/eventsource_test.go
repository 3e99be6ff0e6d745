package foreign

import (
	"strconv"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/testkit"
)

func eventSource(t *testing.T, url, room string) *script {
	t.Helper()
	return play(t, "eventsource.mjs", url+"/api/rooms/"+room)
}

func TestEventSourceReceives(t *testing.T) {
	t.Parallel()
	s := ours(t)
	s.post("lobby", "one")
	ada, bob := eventSource(t, s.url, "lobby/events?after=0"), eventSource(t, s.url, "lobby/events")
	ada.await("open")
	bob.await("open")
	text := "two: ä€😀\u2028\r\n\"<3\""
	s.post("lobby", text, "three")
	for i, want := range []string{"one", text, "three"} {
		e := ada.await("message")
		if e.Message.Text != want || e.Message.ID != uint64(i+1) || e.ID != strconv.Itoa(i+1) {
			t.Errorf("came %+v with the id %q, want %q", e.Message, e.ID, want)
		}
	}
	bob.awaitMessages(1, text, "three")
}

func TestEventSourceKeepsOrder(t *testing.T) {
	t.Parallel()
	const count = 2000
	s := ours(t, "--history", "5000")
	ada := eventSource(t, s.url, "lobby/events")
	ada.await("open")
	s.post("lobby", numbered(count)...)
	bob := eventSource(t, s.url, "lobby/events?after=10")
	ada.awaitMessages(0, numbered(count)...)
	bob.awaitMessages(10, numbered(count)[10:]...)
}

func TestEventSourceTellsOfTruncatedHistory(t *testing.T) {
	t.Parallel()
	s := ours(t, "--history", "3")
	s.post("lobby", numbered(7)...)
	ada := eventSource(t, s.url, "lobby/events?after=2")
	e := ada.awaitTruncated()
	assert.Check(t, e.Text == `{"truncated":true}` && e.ID == "", "told %q with the id %q", e.Text, e.ID)
	ada.awaitMessages(4, numbered(7)[4:]...)
}

// The address says after=0 still; Last-Event-ID wins over it.
func TestEventSourceResumes(t *testing.T) {
	t.Parallel()
	s := ours(t)
	network := testkit.NewRelay(t, s.address())
	ada := eventSource(t, network.URL, "lobby/events?after=0")
	s.post("lobby", "one", "two")
	ada.awaitMessages(0, "one", "two")

	ada.endures = true
	network.Cut()
	ada.await("disconnect")
	s.post("lobby", "three", "four")
	network.Lead(s.address())
	ada.awaitMessages(2, "three", "four")
	s.post("lobby", "five")
	ada.awaitMessages(4, "five")
}

func TestEventSourceSurvivesARestart(t *testing.T) {
	t.Parallel()
	s := ours(t)
	network := testkit.NewRelay(t, s.address())
	ada := eventSource(t, network.URL, "lobby/events?after=0")
	ada.await("open")
	s.post("lobby", "one", "two")
	ada.awaitMessages(0, "one", "two")

	ada.endures = true
	s.terminate()
	ada.await("disconnect")
	network.Cut()
	again := ours(t)
	network.Lead(again.address())
	ada.await("open")
	again.post("lobby", "a new one")
	ada.awaitMessages(0, "a new one")
}

func TestEventSourceIsRefused(t *testing.T) {
	t.Parallel()
	s := ours(t)
	for _, room := range []string{"no%20room/events", "lobby/events?after=x"} {
		e := eventSource(t, s.url, room).await("unexpected")
		assert.Check(t, e.Status == 400, "%s: refused with %d, want 400", room, e.Status)
	}
}
