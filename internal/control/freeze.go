package control

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/pollpush/pollpush/internal/clock"
	"github.com/pollpush/pollpush/internal/proc"
	"github.com/pollpush/pollpush/internal/quantity"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
)

// freeze stops a trial's servers for a part of the steady state.
type freeze struct {
	watch   *watch
	asked   scenario.Server
	servers []*proc.Process

	off     time.Duration // how far from the planned instants the servers were stopped, or went on
	problem error
}

// start begins to wait for the instant that the scenario asks for, until all
// servers go on, which they do at once when ctx is done.
func (f *freeze) start(ctx context.Context, watchers *sync.WaitGroup) {
	if f.asked.Freeze > 0 {
		watchers.Go(func() { f.problem = f.run(ctx) })
	}
}

func (f *freeze) run(ctx context.Context) error {
	alarm, from, _, err := f.watch.steady(ctx)
	if err != nil {
		return unlessDone(ctx, err)
	}
	defer alarm.Close()
	at := from + int64(f.asked.FreezeAt)
	if err := alarm.Wait(at); err != nil {
		return unlessDone(ctx, err)
	}
	defer func() { _ = f.each((*proc.Process).Resume) }() // whatever happens: it is harmless where nothing is stopped
	if err := f.each((*proc.Process).Freeze); err != nil {
		return err
	}
	f.off = time.Duration(clock.Now() - at)
	at += int64(f.asked.Freeze)
	if err := alarm.Wait(at); err != nil {
		return unlessDone(ctx, err)
	}
	err = f.each((*proc.Process).Resume)
	f.off = max(f.off, time.Duration(clock.Now()-at))
	return err
}

// unlessDone is err, or nil where the trial has been broken off.
func unlessDone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// each signals all servers. One that has ended by itself is noticed elsewhere.
func (f *freeze) each(signal func(*proc.Process) error) error {
	return each(f.servers, func(p *proc.Process) error {
		if err := signal(p); !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		return nil
	})
}

// judge doubts a trial whose servers were not stopped as was asked.
func (f *freeze) judge(t *result.Trial) {
	if f.problem != nil {
		t.Doubt(result.Broken, result.Invalid, "the server could not be stopped: %v", f.problem)
	}
	if limit := edgeLimit(f.watch.plan); f.off > limit {
		off, allowed := quantity.Apart(quantity.Time, f.off.Seconds(), limit.Seconds())
		t.Doubt(result.EdgeLate, result.Invalid, "the server was stopped or resumed %s late (%s is allowed)", off, allowed[0])
	}
}
