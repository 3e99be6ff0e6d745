// Peers measures pollpush beside programs that do similar work: other load
// generators on our server, and other servers under our load (make bench-peers). It
// runs from the root of the repository.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/pollpush/pollpush/internal/interrupt"
	"github.com/pollpush/pollpush/internal/proc"
)

func main() {
	repeats := flag.Int("repeats", 3, "how often everything is measured, in turn")
	steady := flag.Duration("steady", 5*time.Second, "length of each trial's window")
	scale := flag.Float64("scale", 1, "share of the clients, to try the command out")
	only := flag.String("only", "", "measure only trials whose line matches this `regexp`; writes no page")
	stored := flag.String("results", "docs/peers.json", "`file` that results are stored in")
	from := flag.String("from", "", "write the page again from the results in this `file`; measure nothing")
	commit := flag.String("commit", "unknown", "version of pollpush, for the results")
	flag.Parse()
	if flag.NArg() > 0 || *repeats < 1 || *steady <= 0 || *scale <= 0 || *scale > 1 {
		fmt.Fprintf(os.Stderr, "peers: takes only flags, at least 1 repeat, a window and a scale from 0 to 1: see -help; found %q\n", os.Args[1:])
		os.Exit(2)
	}
	ctx, stop := interrupt.Context(context.Background())
	err := func() error {
		if *from != "" {
			r, err := readResults(*from)
			if err != nil {
				return err
			}
			return r.publish()
		}
		pattern, err := regexp.Compile(*only)
		if err != nil {
			return err
		}
		r, err := measureAll(ctx, *repeats, *steady, *scale, *commit, pattern)
		if err != nil || *only != "" {
			return err
		}
		if err := r.write(*stored); err != nil {
			return err
		}
		return r.publish()
	}()
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "peers: %v\n", err)
		os.Exit(1)
	}
}

// measureAll measures every cell so often, interleaved. A trial that fails is left
// out, with a line.
func measureAll(ctx context.Context, repeats int, steady time.Duration, scale float64, commit string, only *regexp.Regexp) (*Results, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	t, err := prepare(filepath.Join(cache, "pollpush", "peers"), commit)
	if err != nil {
		return nil, err
	}
	m := proc.ReadMachine()
	r := &Results{
		Date: time.Now().UTC().Format(time.DateOnly), Versions: t.versions, Missing: t.missing, Repeats: repeats, Scale: scale,
		Machine: fmt.Sprintf("%s, %d cores, Linux %s, %s", m.CPUModel, m.Cores, m.Kernel, runtime.Version()),
	}
	for _, line := range t.missing {
		fmt.Println(line)
	}
	cells := slices.DeleteFunc(specs(), func(s Spec) bool {
		return t.paths[s.Load] == "" || t.paths[s.Server] == "" || !only.MatchString(s.String())
	})
	estimate := time.Duration(0)
	for _, s := range cells {
		estimate += s.takes(r.clients(s.Clients), steady)
	}
	fmt.Printf("%d trials, %d times: about %v\n", len(cells), repeats, (estimate * time.Duration(repeats)).Round(time.Minute))
	b := &bench{t, steady, 5 * time.Millisecond}
	for repeat := range repeats {
		for i, s := range cells {
			t, err := b.trial(ctx, s, r.clients(s.Clients))
			switch {
			case ctx.Err() != nil:
				return nil, context.Cause(ctx)
			case err == nil && t.Operations <= 0:
				err = fmt.Errorf("nothing happened in the window")
			}
			fmt.Printf("%d/%d %2d/%d %s: ", repeat+1, repeats, i+1, len(cells), s)
			if err != nil {
				fmt.Println(err)
				reason, _, _ := strings.Cut(err.Error(), "\n")
				r.Missing = append(r.Missing, fmt.Sprintf("%s, repeat %d, failed: %s", s, repeat+1, reason))
				continue
			}
			t.Repeat = repeat
			r.Trials = append(r.Trials, t)
			each := float64(t.Operations) * 1e3
			fmt.Printf("load %.2f µs, %d MiB; server %.2f µs, %d MiB; %.0f/s\n",
				float64(t.LoadCPU)/each, t.LoadRSS>>20, float64(t.ServerCPU)/each, t.ServerRSS>>20, t.rate())
		}
	}
	return r, nil
}

func (s Spec) String() string {
	return fmt.Sprintf("%s, %d clients, %s on %s", s.Work, s.Clients, s.Load, s.Server)
}

// takes is about how long a trial takes.
func (s Spec) takes(clients int, steady time.Duration) time.Duration {
	d := warmUp + steady + 2*time.Second + time.Duration(clients)*500*time.Microsecond
	if s.Load == k6 || s.Load == k6least {
		d += time.Duration(clients) * 2 * time.Millisecond
	}
	return d
}
