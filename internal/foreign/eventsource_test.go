package foreign

import (
	"strconv"
	"testing"

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
