package loadgen

import (
	"net/textproto"
	"sync/atomic"

	"github.com/pollpush/pollpush/internal/result"
)

// answerHead keeps what the lines of one answer's head take.
type answerHead struct {
	wanted atomic.Bool
	lines  map[string]int64 // of who took wanted back; to be read when nothing runs any more
}

// offer records a poll's answer with news, if one is wanted.
func (h *answerHead) offer(r response) {
	if h.wanted.Load() && h.wanted.CompareAndSwap(true, false) {
		h.lines = r.lines()
	}
}

// lines is how many bytes each line of the head takes, its end included, by
// the header's canonical name; the status line has the name "". All of them and
// the empty line at its end make up the head.
func (r response) lines() map[string]int64 {
	const end = len("\r\n")
	sizes := map[string]int64{"": int64(len(r.first) + end)}
	for rest := r.fields; len(rest) > 0; {
		field, _, more, err := cutField(rest)
		if err != nil {
			break // parseHead has refused it
		}
		size := len(rest) - len(more)
		if len(more) == 0 { // the end of the last line is cut off
			size = len(rest) + end
		}
		name := textproto.CanonicalMIMEHeaderKey(string(field))
		if _, known := sizes[name]; !result.IsHeaderName(name) || !known && len(sizes) >= result.MaxAnswerHeaders {
			name = result.OtherHeaders
		}
		sizes[name] += int64(size)
		rest = more
	}
	return sizes
}
