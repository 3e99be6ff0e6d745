package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/shard"
)

// fleet is a trial's shards and servers while it runs.
type fleet struct {
	shards  []*member
	servers []*proc.Process // not those of a target
	events  chan happening
	onTick  func(shard.Second)
}

// member is one shard's process.
type member struct {
	*proc.Process
	commands *json.Encoder
	result   *shard.Result
	silent   bool // its output has ended
}

// happening is an event of a shard, or the end of its standard output.
type happening struct {
	from  *member
	event shard.Event
	err   error
}

// start starts a shard for each plan.
func (f *fleet) start(program string, plans []shard.Plan) error {
	f.events = make(chan happening, 16*len(plans))
	for _, plan := range plans {
		p, err := proc.Start(program)
		if err != nil {
			return fmt.Errorf("a shard could not be started: %w", err)
		}
		m := &member{Process: p, commands: json.NewEncoder(p.Stdin)}
		f.shards = append(f.shards, m)
		go f.listen(m)
		if err := m.commands.Encode(plan); err != nil {
			return fmt.Errorf("a shard did not take its plan: %w", err)
		}
	}
	return nil
}

func (f *fleet) listen(m *member) {
	d := json.NewDecoder(bufio.NewReaderSize(m.Stdout, 1<<16))
	for {
		var e shard.Event
		err := d.Decode(&e)
		f.events <- happening{m, e, err}
		if err != nil {
			return
		}
	}
}

// tell gives all shards a command. One that has died is noticed by await.
func (f *fleet) tell(c shard.Command) {
	for _, m := range f.shards {
		_ = m.commands.Encode(c)
	}
}

// await waits until every shard has reported an event, and hands each one's
// to take, if given. It fails as soon as a shard or a server has died, when
// ctx is done, or when patience is over.
func (f *fleet) await(ctx context.Context, is string, patience time.Duration, take func(shard.Event)) error {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	died := make(chan *proc.Process, 1)
	watching, unwatch := context.WithCancel(ctx)
	defer unwatch()
	for _, server := range f.servers {
		go func() {
			select {
			case <-server.Ended():
				select {
				case died <- server:
				default:
				}
			case <-watching.Done():
			}
		}()
	}
	for missing := len(f.shards); missing > 0; {
		select {
		case h := <-f.events:
			switch {
			case h.err != nil && h.from.result != nil:
				h.from.silent = true // it has said all; end sees how it ended
			case h.err != nil:
				return f.lost(h)
			case h.event.Is == shard.Tick:
				f.onTick(*h.event.Second)
			default:
				if h.event.Result != nil {
					h.from.result = h.event.Result
				}
				if h.event.Is == is {
					missing--
					if take != nil {
						take(h.event)
					}
				}
			}
		case server := <-died:
			return fmt.Errorf("the server died: %w", endOf(server))
		case <-ctx.Done():
			return ctx.Err()
		case <-timeout.C:
			return fmt.Errorf("the shards did not report %q within %v", is, patience)
		}
	}
	return nil
}

// endOf tells how a process ended that should not have.
func endOf(p *proc.Process) error {
	if err := p.Err(); err != nil {
		return err
	}
	return errors.New("it ended by itself")
}

func (f *fleet) lost(h happening) error {
	if !errors.Is(h.err, io.EOF) {
		return fmt.Errorf("a shard said what is not an event: %w", h.err)
	}
	h.from.silent = true
	err := h.from.WaitOrKill(3 * time.Second)
	if err == nil {
		err = errors.New("it ended by itself")
	}
	return fmt.Errorf("a shard died: %w", err)
}

// salvage tells the shards to leave off and takes what they have, within the
// time given.
func (f *fleet) salvage(within time.Duration) {
	f.tell(shard.Command{Do: shard.Stop})
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	open := func() (n int) {
		for _, m := range f.shards {
			if m.result == nil && !m.silent {
				n++
			}
		}
		return n
	}
	for open() > 0 {
		select {
		case h := <-f.events:
			switch {
			case h.err != nil:
				h.from.silent = true
			case h.event.Is == shard.Tick:
				f.onTick(*h.event.Second)
			case h.event.Result != nil:
				h.from.result = h.event.Result
			}
		case <-timeout.C:
			return
		}
	}
}

// end ends all processes, each within the grace given, and reports those that
// did not end well.
func (f *fleet) end(grace time.Duration) error {
	var errs []error
	for _, m := range f.shards {
		m.Stdin.Close()
	}
	// A shard whose input has ended before its result is out reports that by
	// its exit status, which says nothing that is not known by then.
	for _, m := range f.shards {
		if err := m.WaitOrKill(grace); err != nil && m.result != nil {
			errs = append(errs, err)
		}
	}
	for _, server := range f.servers {
		if err := server.Stop(grace); err != nil {
			errs = append(errs, fmt.Errorf("the server did not end cleanly: %w", err))
		}
	}
	return errors.Join(errs...)
}
