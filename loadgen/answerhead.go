package loadgen

import (
	"bytes"
	"net/textproto"
	"sync/atomic"

	"github.com/pollpush/pollpush/internal/result"
)

// answerHead keeps what the lines of one answer's head take.
type answerHead struct {
	wanted atomic.Bool
	lines  map[string]int64 // of who took wanted back; to be read when nothing runs any more
}

// offer takes down a poll's answer with news, if one is wanted.
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
	for line := range bytes.SplitSeq(r.fields, crlf) {
		field, _, found := cutField(line)
		if !found {
			break // there are no fields: parseHead refuses others
		}
		name := textproto.CanonicalMIMEHeaderKey(string(field))
		if _, known := sizes[name]; !result.IsHeaderName(name) || !known && len(sizes) >= result.MaxAnswerHeaders {
			name = result.OtherHeaders
		}
		sizes[name] += int64(len(line) + end)
	}
	return sizes
}
