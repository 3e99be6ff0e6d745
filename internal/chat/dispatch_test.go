package chat

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"gotest.tools/v3/assert"
)

// recorder is a sink that keeps what it gets, and says when it has got enough.
type recorder struct {
	enough int
	done   chan struct{}

	mu        sync.Mutex
	got       []Message
	truncated int
	batches   []int
}

func newRecorder(enough int) *recorder { return &recorder{enough: enough, done: make(chan struct{})} }

func (s *recorder) Deliver(b *Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.got)
	s.got = append(s.got, b.Messages...)
	s.batches = append(s.batches, len(b.Messages))
	if b.Truncated {
		s.truncated++
	}
	if before < s.enough && len(s.got) >= s.enough {
		close(s.done)
	}
}

func (s *recorder) wait(t *testing.T) {
	t.Helper()
	select {
	case <-s.done:
	case <-t.Context().Done():
		t.Fatal("the messages did not come")
	}
}

func (s *recorder) inOrder(t *testing.T, first, last uint64) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := last - first + 1
	assert.Assert(t, uint64(len(s.got)) == n, "got %d messages, want %d", len(s.got), n)
	for i, m := range s.got {
		assert.Assert(t, m.ID == first+uint64(i), "message %d has the id %d, want %d", i, m.ID, first+uint64(i))
	}
}

func TestSubscribe(t *testing.T) {
	tests := []struct {
		name        string
		before      int
		after       uint64
		then        int
		first, last uint64
		truncated   int
	}{
		{"from the beginning", 0, 0, 3, 1, 3, 0},
		{"from now on", 4, 4, 3, 5, 7, 0},
		{"resume", 4, 2, 3, 3, 7, 0},
		{"resume beyond history", 8, 2, 1, 4, 9, 1},
		{"cursor not reached yet", 3, 100, 2, 4, 5, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := room(t, newHub(t, 5), "lobby")
			post(t, r, tt.before)
			s := newRecorder(int(tt.last - tt.first + 1 - uint64(tt.then)))
			all := newRecorder(int(tt.last - tt.first + 1))
			defer r.Subscribe(tt.after, 0, s)()
			defer r.Subscribe(tt.after, 0, all)()
			if s.enough > 0 { // what was missed is there before more is posted
				s.wait(t)
			}
			if all.enough > tt.then {
				waitFor(func() bool {
					all.mu.Lock()
					defer all.mu.Unlock()
					return len(all.got) == all.enough-tt.then
				})
			}
			post(t, r, tt.then)
			all.wait(t)
			all.inOrder(t, tt.first, tt.last)
			assert.Check(t, all.truncated == tt.truncated, "told of truncation %d times, want %d", all.truncated, tt.truncated)
		})
	}
}

func waitFor(condition func() bool) {
	for !condition() {
		runtime.Gosched()
	}
}

func TestManyResumeAtDifferentCursors(t *testing.T) {
	r := room(t, newHub(t, 200), "lobby")
	post(t, r, 100)
	var sinks []*recorder
	for after := range 100 {
		s := newRecorder(100 - after + 50)
		sinks = append(sinks, s)
		defer r.Subscribe(uint64(after), 0, s)()
		if after%2 == 0 {
			post(t, r, 1)
		}
	}
	for after, s := range sinks {
		s.wait(t)
		s.inOrder(t, uint64(after)+1, 150)
	}
}

// gate is a sink that holds its dispatcher up: what none should do.
type gate struct {
	entered chan struct{}
	open    chan struct{}
}

func (g *gate) Deliver(*Batch) {
	g.entered <- struct{}{}
	<-g.open
}

func TestWhatGathersComesAsOneBatch(t *testing.T) {
	h := newHub(t, 100)
	busy, r := room(t, h, "busy"), room(t, h, "lobby")
	// As many gates as dispatchers hold all of them up.
	g := &gate{make(chan struct{}), make(chan struct{})}
	for range h.dispatchers {
		defer busy.Subscribe(0, 0, g)()
	}
	s := newRecorder(10)
	defer r.Subscribe(0, 0, s)()
	post(t, busy, 1)
	for range h.dispatchers {
		<-g.entered
	}
	posted := make(chan struct{})
	go func() {
		defer close(posted)
		post(t, r, 10)
	}()
	<-posted // although every dispatcher is stuck
	close(g.open)
	s.wait(t)
	s.inOrder(t, 1, 10)
	assert.Check(t, len(s.batches) == 1, "10 messages came as batches of %v, want one", s.batches)
}

func TestBatchesAreBounded(t *testing.T) {
	r := room(t, newHub(t, 100), "lobby")
	text := string(make([]byte, MaxText)) // six bytes of JSON each
	for range 10 {
		_, err := r.Post("ada", text)
		assert.NilError(t, err)
	}
	s := newRecorder(10)
	defer r.Subscribe(0, 0, s)()
	s.wait(t)
	s.inOrder(t, 1, 10)
	assert.Check(t, len(s.batches) == 4, "245 KB came as batches of %v messages, want 3 3 3 1", s.batches)
}

func TestFormatsAreEncodedOncePerBatch(t *testing.T) {
	h := newHub(t, 100)
	r := room(t, h, "lobby")
	var encoded atomic.Int32
	format := &Format{Encode: func(*Batch) []byte { encoded.Add(1); return []byte("wire") }}
	var delivered sync.WaitGroup
	delivered.Add(100)
	var mu sync.Mutex
	batches := map[*Batch]bool{}
	for range 100 {
		defer r.Subscribe(0, 0, sinkFunc(func(b *Batch) {
			assert.Check(t, string(b.As(format)) == "wire", "As returned something else")
			mu.Lock()
			batches[b] = true
			mu.Unlock()
			delivered.Done()
		}))()
	}
	post(t, r, 1)
	delivered.Wait()
	if int(encoded.Load()) != len(batches) {
		t.Errorf("%d batches were encoded %d times", len(batches), encoded.Load())
	}
}

type sinkFunc func(*Batch)

func (f sinkFunc) Deliver(b *Batch) { f(b) }

func TestNoDeliveryStartsAfterCancel(t *testing.T) {
	r := room(t, newHub(t, 100), "lobby")
	for range 200 {
		var over, late atomic.Bool
		cancel := r.Subscribe(r.Last(), 0, sinkFunc(func(*Batch) {
			// A delivery that started before cancel returned has read false,
			// or may have: only what starts afterwards must not be.
			if over.Load() {
				late.Store(true)
			}
		}))
		var posting sync.WaitGroup
		posting.Go(func() { post(t, r, 3) })
		cancel()
		posting.Wait()
		waitUntilServed(t, r)
		over.Store(true)
		post(t, r, 3)
		waitUntilServed(t, r)
		assert.Assert(t, !late.Load(), "delivered after cancel")
		cancel() // again, to no effect
	}
}

// waitUntilServed returns when every dispatcher has served what was posted.
func waitUntilServed(t *testing.T, r *Room) {
	t.Helper()
	for range r.hub.dispatchers {
		s := newRecorder(1)
		cancel := r.Subscribe(r.Last()-1, 0, s)
		s.wait(t)
		cancel()
	}
}

func TestCancelFromWithinDeliver(t *testing.T) {
	r := room(t, newHub(t, 100), "lobby")
	var deliveries atomic.Int32
	var cancel func()
	var ready sync.WaitGroup
	ready.Add(1)
	cancel = r.Subscribe(0, 0, sinkFunc(func(*Batch) {
		ready.Wait()
		deliveries.Add(1)
		cancel()
	}))
	ready.Done()
	post(t, r, 1)
	waitUntilServed(t, r)
	post(t, r, 1)
	waitUntilServed(t, r)
	if deliveries.Load() != 1 {
		t.Errorf("%d deliveries, want 1", deliveries.Load())
	}
}

func TestCancelledSubscriptionsAreForgotten(t *testing.T) {
	h := NewHub(100)
	r := room(t, h, "lobby")
	var cancels []func()
	for range 101 {
		cancels = append(cancels, r.Subscribe(0, 0, newRecorder(1)))
	}
	post(t, r, 1)
	waitUntilServed(t, r)
	for _, cancel := range cancels {
		cancel()
	}
	h.Close()
	for _, g := range r.groups {
		g.serve() // in the dispatcher's place
		assert.Check(t, len(g.subs) == 0, "%d subscriptions are left", len(g.subs))
	}
}
