package loadgen

import (
	"errors"
	"slices"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/loadgen/internal/client"
	"github.com/pollpush/pollpush/loadgen/internal/codec"
)

// lane is a loop with some of a shard's clients, and what they have come to.
// Nothing but its loop touches it until that has ended.
type lane struct {
	hub
	run *run

	rooms       []*room // all of the trial's
	subscribers []*subscriber
	publishers  map[place]*subscriber // by room and number there
	joins       int64
	dialled     int // of subscribers, in their order
	dialling    int // which neither are ready nor have failed
	refused     int // which never came to be ready
	settledAt   int64
	stopped     bool // before the trial's end

	start    int64 // of the warm-up; 0 until it is known
	from, to int64 // the steady state
	polls    bool  // as its transport does
	pollsEnd bool  // no more polls are sent

	deliveries delivered // in all phases, as is the next
	published  int64
	lacking    int64 // messages that clients lack although they have a later one

	walking  int     // rooms some of whose messages are still to be offered
	offered  int64   // messages of the steady state
	resolved int64   // of those, answered or failed
	sent     int64   // of those, handed to the transport
	accepted []int64 // by room
	unknown  []place // sent, but no answer came: room and seq
	unsent   bool    // what still waits to be published stays so: the drain is over

	publishLatency, publishService, publishLate samples
	pollResponse, pollService, pollLate         samples

	pause int64       // longest in the steady state, ns
	ahead int64       // the wall clock of the monotonic one, when the steady state began; 0 until then
	marks [3]snapshot // at the start of the warm-up, and at both edges of the steady state
}

// place is a room and a number there: a publisher's, or a message's.
type place struct {
	room int
	seq  int64
}

// snapshot is what had been counted at an instant.
type snapshot struct {
	at         int64
	counts     counts
	deliveries int64
	published  int64
	tcp        *result.TCP // read a little later
	asked      int64       // by when all of it had been read
}

func newLane(r *run) (*lane, error) {
	l := &lane{run: r, publishers: map[place]*subscriber{}}
	if err := l.prepare(); err != nil {
		return nil, err
	}
	for i, name := range r.plan.Rooms {
		l.rooms = append(l.rooms, &room{lane: l, index: i, name: name, server: &r.servers[i%len(r.servers)]})
	}
	l.accepted = make([]int64, len(l.rooms))
	return l, nil
}

func (l *lane) add(c int) {
	p := l.run.plan
	room := l.rooms[p.Room(c)]
	room.clients++
	s := &subscriber{lane: l, room: room, index: c}
	s.conversation = conversation{hub: &l.hub, owner: s, address: room.address(p.Source(c))}
	l.subscribers = append(l.subscribers, s)
	if p.Publishes(c) {
		s.jobs = new(jobs)
		l.publishers[place{room.index, int64(c / len(l.rooms))}] = s
	}
	s.client = client.New(p.Transport, s.target())
	if poller, ok := s.client.(client.Poller); ok {
		l.polls = true
		s.poll = &polls{poller: poller, phase: int64(Phase(p.Seed, c, p.PollInterval))}
	}
}

// What a lane is woken for.
const (
	toDial = iota
	toMark
	toLook
)

// pauseInterval is how often a lane checks whether it still runs.
const pauseInterval = int64(20 * time.Millisecond)

func (l *lane) Wake(at int64, what int) {
	switch what {
	case toDial:
		l.dial()
	case toMark:
		l.mark(at)
	case toLook:
		// What stops the process, or keeps it from a CPU, holds this up as it does
		// all clients, whose receiving has no schedule that would tell.
		now := clock.Now()
		if l.pause = max(l.pause, now-at); !l.pollsEnd {
			l.loop.At(now+pauseInterval, l, toLook)
		}
	}
}

// dialsAtOnce bounds how many of a lane's clients connect at the same time.
const dialsAtOnce = 128

// dial connects the clients that are due, spread over the ramp-up.
func (l *lane) dial() {
	p := l.run.plan
	for l.dialled < len(l.subscribers) && l.dialling < dialsAtOnce {
		s := l.subscribers[l.dialled]
		due := p.RampStart + int64(p.RampUp)*int64(s.index)/int64(p.Clients)
		if due > clock.Now() {
			l.loop.At(due, l, toDial)
			return
		}
		l.dialled++
		l.dialling++
		s.open(client.Main)
	}
}

// countLacking records how a client has got message seq when the highest number in
// its ledger, which counts from 1, was high.
func (l *lane) countLacking(came entry, seq, high uint64) {
	switch {
	case came == late:
		l.lacking--
	case came == inOrder && seq > high:
		l.lacking += int64(seq - high)
	}
}

// resolve records what became of a message of the steady state.
func (l *lane) resolve(room *room, seq int64, err error) {
	var refused *codec.AnswerError
	switch {
	case err == nil:
		l.accepted[room.index]++
	case !errors.As(err, &refused):
		l.unknown = append(l.unknown, place{room.index, seq})
	}
	l.sent++
	l.resolved++
}

// settled takes in that a client has become ready for the first time, or never
// will.
func (l *lane) settled(ready bool) {
	if !ready {
		l.refused++
	}
	l.settledAt = clock.Now()
	if l.dialling--; l.dialling == dialsAtOnce-1 {
		l.dial()
	}
}

// connected reports whether each client has joined or failed to, or has had the
// time for it.
func (l *lane) connected() bool {
	all := len(l.subscribers)
	return int(l.joins)+l.refused >= all || l.dialled == all && l.dialling == 0 && clock.Now() > l.settledAt+int64(dialTimeout)
}

// schedule fixes the phases' times and makes room for what they will bring.
func (l *lane) schedule(start int64) {
	p := l.run.plan
	l.from, l.to = p.Window(start)
	for _, room := range l.rooms {
		first, end := room.arrivals().Count(p.WarmUp, p.WarmUp+p.Steady)
		room.plan(first, end-first)
	}
	l.start = start
	for _, edge := range [3]int64{start, l.from, l.to} {
		l.loop.At(edge, l, toMark)
	}
	for _, s := range l.subscribers {
		if s.poll != nil {
			l.loop.At(start+s.poll.phase, s, toPoll)
		}
	}
	for _, room := range l.rooms {
		for p := range int64(p.Publishers) {
			if room.walk == nil && l.publishers[place{room.index, p}] != nil {
				room.begin()
			}
		}
	}
}

func (l *lane) steady(at int64) bool { return at >= l.from && at < l.to }

// mark reads the counts where one phase ends and the next begins.
func (l *lane) mark(edge int64) {
	i := slices.Index([]int64{l.start, l.from, l.to}, edge)
	for i < 2 && l.marks[i].at != 0 {
		i++ // phases of no length
	}
	l.meter.Counts.Head.Wanted = i == 1
	m := l.snapshot(i)
	switch i {
	case 0:
		return
	case 1:
		l.ahead = clock.Read().Ahead()
		l.loop.At(edge+pauseInterval, l, toLook)
	}
	l.loop.TCP(func(tcp *result.TCP) { m.tcp, m.asked = tcp, clock.Now() })
}

// snapshot takes down what has been counted up to an edge.
func (l *lane) snapshot(i int) *snapshot {
	l.marks[i] = snapshot{at: clock.Now(), counts: l.meter.read(), published: l.published}
	_, l.marks[i].deliveries = l.deliveries.read()
	return &l.marks[i]
}

func (l *lane) second() (now second) {
	m := &l.meter
	now.SecondCounts = result.SecondCounts{
		Clients: l.joins, Requests: m.Requests, Published: l.published,
		Empty: m.Empty, BytesIn: m.BytesIn, BytesOut: m.BytesOut,
	}
	now.Latencies, now.Deliveries = l.deliveries.read()
	now.Missing = l.lacking
	return now
}

// offer gives a message to its publisher. It is not sent where that has never
// joined, or where so many wait there that the load cannot be kept up.
func (l *lane) offer(s *subscriber, tag Tag, steady bool) {
	if steady {
		l.offered++
	}
	if s.began && len(s.jobs.waiting) < maxJobs {
		s.jobs.waiting = append(s.jobs.waiting, tag)
		s.publish()
	} else if steady {
		l.resolved++
	}
}

func (l *lane) allResolved() bool { return l.walking == 0 && l.resolved == l.offered }

// quiet reports whether nothing more is sent until there is news: every poll
// has been answered, and who asks again by himself has done so.
func (l *lane) quiet() bool {
	for _, s := range l.subscribers {
		if rearmer, ok := s.client.(client.Rearmer); ok && s.began && !rearmer.Armed() || s.poll != nil && s.poll.out {
			return false
		}
	}
	return true
}

func (l *lane) finish(stopped bool) {
	l.stopped = stopped
	if l.start != 0 && l.marks[1].at != 0 && l.marks[2].at == 0 { // a stop within the steady state is its end
		m := l.snapshot(2)
		l.loop.FinishTCP(func(tcp *result.TCP) { m.tcp, m.asked = tcp, clock.Now() })
	}
	for _, room := range l.rooms { // the trial is over, and the walk may not be
		never := room.remaining()
		l.offered += never
		l.resolved += never
	}
	for _, s := range l.subscribers {
		s.finish()
	}
	l.loop.Stop()
}
