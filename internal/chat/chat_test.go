package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"gotest.tools/v3/assert"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newHub(t testing.TB, history int) *Hub {
	h := NewHub(history)
	t.Cleanup(h.Close)
	return h
}

func room(t testing.TB, h *Hub, name string) *Room {
	t.Helper()
	r, err := h.Room(name)
	assert.NilError(t, err)
	return r
}

func post(t testing.TB, r *Room, n int) {
	t.Helper()
	for range n {
		_, err := r.Post("ada", "hello")
		assert.NilError(t, err)
	}
}

func ids(messages []Message) string {
	var s []string
	for _, m := range messages {
		s = append(s, fmt.Sprint(m.ID))
	}
	return strings.Join(s, " ")
}

func TestAfter(t *testing.T) {
	const history = 5
	tests := []struct {
		posted    int
		after     uint64
		limit     int
		ids       string
		last      uint64
		truncated bool
	}{
		{0, 0, 10, "", 0, false},
		{0, 7, 10, "", 0, false},
		{3, 0, 10, "1 2 3", 3, false},
		{3, 0, 2, "1 2", 2, false},
		{3, 2, 2, "3", 3, false},
		{3, 3, 2, "", 3, false},
		{3, 1 << 63, 1000, "", 3, false},
		{3, 1<<64 - 1, 1, "", 3, false},
		{5, 0, 10, "1 2 3 4 5", 5, false},
		{6, 0, 10, "2 3 4 5 6", 6, true},
		{6, 1, 10, "2 3 4 5 6", 6, false},
		{12, 2, 3, "8 9 10", 10, true},
		{12, 9, 3, "10 11 12", 12, false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d posted, after %d, limit %d", tt.posted, tt.after, tt.limit), func(t *testing.T) {
			r := room(t, newHub(t, history), "lobby")
			post(t, r, tt.posted)
			p := r.After(tt.after, tt.limit)
			if got := ids(p.Messages); got != tt.ids || p.Last != tt.last || p.Truncated != tt.truncated {
				t.Errorf("got [%s] last %d truncated %t, want [%s] last %d truncated %t",
					got, p.Last, p.Truncated, tt.ids, tt.last, tt.truncated)
			}
		})
	}
}

func TestNewest(t *testing.T) {
	tests := []struct {
		posted, limit int
		ids           string
	}{
		{0, 3, ""}, {2, 3, "1 2"}, {4, 3, "2 3 4"}, {12, 3, "10 11 12"}, {12, 100, "8 9 10 11 12"},
	}
	for _, tt := range tests {
		r := room(t, newHub(t, 5), "lobby")
		post(t, r, tt.posted)
		p := r.Newest(tt.limit)
		if got := ids(p.Messages); got != tt.ids || p.Last != uint64(tt.posted) || p.Truncated {
			t.Errorf("newest %d of %d: got [%s] %+v, want [%s]", tt.limit, tt.posted, got, p, tt.ids)
		}
	}
}

func TestRoomsAreBounded(t *testing.T) {
	h := newHub(t, 1)
	for i := range MaxRooms {
		room(t, h, fmt.Sprint(i))
	}
	_, err := h.Room("one-more")
	assert.Check(t, errors.Is(err, ErrTooManyRooms), "got %v, want ErrTooManyRooms", err)
	_, err = h.Room("7")
	assert.Check(t, err == nil, "a room that exists: %v", err)
}

func TestJSONCarriesEveryText(t *testing.T) {
	r := room(t, newHub(t, 5), "lobby")
	for _, text := range []string{"<3 & \"quotes\" \\", "\x00\x1f\x7f\n\r\t", "\u2028 \ufffd 🙂", strings.Repeat("x", MaxText)} {
		m, err := r.Post("ada 🙂", text)
		assert.NilError(t, err)
		if strings.Contains(string(m.JSON()), "\n") {
			t.Errorf("%q has a line break", m.JSON())
		}
		var back Message
		if err := json.Unmarshal(m.JSON(), &back); err != nil || back.Text != text || back.User != m.User ||
			back.ID != m.ID || back.Room != "lobby" || back.At != m.At {
			t.Errorf("%q came back as %+v (%v)", text, back, err)
		}
	}
}

func TestConcurrentPostersLeaveNoHoles(t *testing.T) {
	r := room(t, newHub(t, 1000), "lobby")
	all := newRecorder(800)
	defer r.Subscribe(0, 0, all)()
	var posters sync.WaitGroup
	for range 8 {
		posters.Go(func() { post(t, r, 100) })
	}
	posters.Wait()
	all.wait(t)
	all.inOrder(t, 1, 800)
}
