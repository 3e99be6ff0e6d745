package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/pollpush/pollpush/internal/live"
)

// linger is how long the live page stays after the run.
const linger = time.Minute

// over is the last event of a live page.
type over struct {
	Interrupted bool      `json:"interrupted"`
	Reports     []written `json:"reports"`
	LinksUntil  int64     `json:"links_until,omitempty"` // by the wall clock, in ms
}

// written is a report on disk.
type written struct {
	Path string `json:"path"`
	Link string `json:"link,omitempty"` // where the page serves it, for as long as that stays
}

// endLive tells the page that the run is over and where the reports are. On a
// terminal, where somebody may look at the page, it stays a while and serves them,
// until an interrupt.
func endLive(s *session, page *live.Page, dirs []string) {
	stays := s.stdout.terminal && s.stderr.terminal && s.Err() == nil && len(dirs) > 0
	last := over{Interrupted: s.Err() != nil, Reports: []written{}}
	if stays {
		last.LinksUntil = time.Now().Add(linger).UnixMilli()
	}
	for _, dir := range dirs {
		one := written{Path: filepath.Join(dir, "report.html")}
		if stays {
			one.Link = page.Offer(dir)
		}
		last.Reports = append(last.Reports, one)
	}
	defer page.End(map[string]any{"over": last})
	if stays {
		page.Over(map[string]any{"over": last})
		countDown(s, page.URL)
	}
}

// countDown waits until the page's time is up, or for an interrupt.
func countDown(s *session, url string) {
	fmt.Fprintf(s.stderr, "The run is over. %s links the report for %v s more; Ctrl-C ends that now\n", url, linger.Seconds())
	for left := linger; left > 0; left -= time.Second {
		if s.stderr.escapes {
			fmt.Fprintf(s.stderr, "\r\x1b[KLive page: %v s left", left.Seconds())
		}
		if !s.sleep(time.Second) {
			break
		}
	}
	if s.stderr.escapes {
		fmt.Fprint(s.stderr, "\r\x1b[K")
	}
}
