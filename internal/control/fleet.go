package control

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/shard"
)

// fleet is a trial's shards and servers while it runs.
type fleet struct {
	shards  []*member
	servers []*proc.Process // not those of a target
	events  chan happening
	over    chan struct{} // closed when nobody takes events any more
	onTick  func(shard.Second)
}

// member is one shard's process.
type member struct {
	*proc.Process
	orders chan any // its plan and all commands fit in
	result *shard.Result
	silent bool // its output has ended
}

// happening is an event of a shard, the end of its standard output, or a server's.
type happening struct {
	from  *member
	event shard.Event
	err   error
	died  *proc.Process // the server
}

// start starts a shard for each plan, and watches the servers.
func (f *fleet) start(program string, plans []shard.Plan) error {
	f.events, f.over = make(chan happening, 16*len(plans)), make(chan struct{})
	for _, server := range f.servers {
		go func() {
			<-server.Ended()
			f.post(happening{died: server})
		}()
	}
	for _, plan := range plans {
		p, err := proc.Start(program)
		if err != nil {
			return fmt.Errorf("a shard could not be started: %w", err)
		}
		m := &member{Process: p, orders: make(chan any, 8)}
		f.shards = append(f.shards, m)
		m.orders <- plan
		go f.listen(m)
		go m.write()
	}
	return nil
}

// write writes a shard's orders, and closes its input after them. A shard that
// does not read holds up nobody else; its end, by whatever, ends write.
func (m *member) write() {
	defer m.Stdin.Close()
	encoder := json.NewEncoder(m.Stdin)
	for order := range m.orders {
		if encoder.Encode(order) != nil {
			return // it has died, which is noticed by await
		}
	}
}

func (f *fleet) listen(m *member) {
	d := json.NewDecoder(bufio.NewReaderSize(m.Stdout, 1<<16))
	for {
		h := happening{from: m}
		h.err = d.Decode(&h.event)
		if !f.post(h) || h.err != nil {
			return
		}
	}
}

// post hands on what has happened; false where nobody takes it any more.
func (f *fleet) post(h happening) bool {
	select {
	case f.events <- h:
		return true
	case <-f.over:
		return false
	}
}

// tell gives all shards a command, without waiting for any to read it.
func (f *fleet) tell(c shard.Command) {
	for _, m := range f.shards {
		select {
		case m.orders <- c:
		default: // it has not read for long
		}
	}
}

// await waits until every shard has reported an event, and hands each one's
// to take, if given. It fails as soon as a shard or a server has died, when
// ctx is done, or when patience is over.
func (f *fleet) await(ctx context.Context, is string, patience time.Duration, take func(shard.Event)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the shards did not report %q within %v", is, patience))
	defer cancel()
	for missing := len(f.shards); missing > 0; {
		select {
		case h := <-f.events:
			f.note(h)
			switch {
			case h.died != nil:
				return fmt.Errorf("the server died: %w", cmp.Or(h.died.Err(), errByItself))
			case h.err != nil && h.from.result == nil: // else it has said all; end sees how it ended
				return lost(ctx, h)
			case h.err == nil && h.event.Is == is:
				missing--
				if take != nil {
					take(h.event)
				}
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// note keeps what a shard has said, or that it will say nothing more.
func (f *fleet) note(h happening) {
	switch {
	case h.err != nil:
		h.from.silent = true
	case h.event.Is == shard.Tick:
		f.onTick(*h.event.Second)
	case h.event.Result != nil:
		h.from.result = h.event.Result
	}
}

// errByItself is how a process ended that should not have, and has told no reason.
var errByItself = errors.New("it ended unexpectedly")

func lost(ctx context.Context, h happening) error {
	if !errors.Is(h.err, io.EOF) {
		return fmt.Errorf("a shard sent an invalid event: %w", h.err)
	}
	return fmt.Errorf("a shard died: %w", cmp.Or(settle(ctx, 3*time.Second, h.from.WaitOrKill, h.from.Process), errByItself))
}

// salvage tells the shards to stop and takes what they have, within the
// time given.
func (f *fleet) salvage(within time.Duration) {
	f.tell(shard.Command{Do: shard.Stop})
	timeout := time.After(within)
	for slices.ContainsFunc(f.shards, func(m *member) bool { return m.result == nil && !m.silent }) {
		select {
		case h := <-f.events:
			f.note(h)
		case <-timeout:
			return
		}
	}
}

// endGrace is how long processes may take to end, on a busy machine too: a trial
// whose processes are killed has failed. interruptGrace is what is left of it once
// ctx is done.
const (
	endGrace       = 30 * time.Second
	interruptGrace = time.Second
)

// end ends all processes, each within the grace given, and reports those that
// did not end well. Once ctx is done it hurries.
func (f *fleet) end(ctx context.Context, grace time.Duration) error {
	if f.over != nil {
		close(f.over)
	}
	for _, m := range f.shards {
		close(m.orders)
	}
	// A shard whose input has ended before its result is out reports that by
	// its exit status, which says nothing that is not known by then.
	shards := each(f.shards, func(m *member) error {
		defer m.Stdout.Close()
		if err := settle(ctx, grace, m.WaitOrKill, m.Process); m.result != nil {
			return err
		}
		return nil
	})
	servers := each(f.servers, func(p *proc.Process) error {
		defer p.Stdout.Close()
		if err := settle(ctx, grace, p.Stop, p); err != nil {
			return fmt.Errorf("the server did not end cleanly: %w", err)
		}
		return nil
	})
	return errors.Join(shards, servers)
}

// settle ends a process by Stop or WaitOrKill. Once ctx is done it is killed
// within interruptGrace.
func settle(ctx context.Context, grace time.Duration, end func(time.Duration) error, p *proc.Process) error {
	defer context.AfterFunc(ctx, func() { time.AfterFunc(interruptGrace, p.Kill) })()
	return end(grace)
}

// each does something to all at once and joins the errors in their order.
func each[T any](all []T, do func(T) error) error {
	errs := make([]error, len(all))
	var waiting sync.WaitGroup
	for i, one := range all {
		waiting.Go(func() { errs[i] = do(one) })
	}
	waiting.Wait()
	return errors.Join(errs...)
}
