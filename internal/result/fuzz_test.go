package result

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// FuzzRead: whatever is read without complaint is sound, and is read again
// from what is written of it.
func FuzzRead(f *testing.F) {
	good := lineOf(f, sound(f))
	f.Add([]byte(good))
	f.Add([]byte(good + good))
	f.Add([]byte(lineOf(f, sound(f, withLatencies(func([]Second) {})))))
	f.Add([]byte(good + good[:50]))
	f.Add([]byte(`{"schema":2}` + "\n"))
	f.Add([]byte("\ufeff\n" + good))
	f.Add([]byte(lineOf(f, sound(f, func(t *Trial) {
		t.Status = Partial
		t.Judge()
		t.LatencyHDR = packed(f, geometry{Digits: 3, Lowest: 1, Highest: math.MaxInt64, Length: 2}, []byte{2, 2})
		h, err := DecodeHistogram(t.LatencyHDR)
		assert.NilError(f, err)
		t.Latency, t.Expected, t.Delivered = Summarize(h), h.TotalCount(), h.TotalCount()
	}))))
	f.Add([]byte(strings.Replace(good, "HISTFAAA", "HISTFAAB", 1)))
	f.Fuzz(func(t *testing.T, text []byte) {
		trials, err := Read("fuzz", bytes.NewReader(text))
		if err != nil {
			if fault, ok := errors.AsType[*FileError](err); trials != nil && !(ok && fault.CutOff) {
				t.Errorf("%d trials and an error: %v", len(trials), err)
			}
			if len(trials) == 0 {
				return
			}
		}
		var written strings.Builder
		for i := range trials {
			if err := trials[i].Check(); err != nil && !trials[i].broken() {
				t.Errorf("trial %d was read, but: %v", i, err)
			}
			if h, err := DecodeHistogram(trials[i].LatencyHDR); err == nil {
				Summarize(h)
			}
			written.WriteString(lineOf(t, &trials[i]))
		}
		again, err := Read("again", strings.NewReader(written.String()))
		assert.NilError(t, err, "what was read cannot be read again")
		var twice strings.Builder
		for i := range again {
			twice.WriteString(lineOf(t, &again[i]))
		}
		if twice.String() != written.String() {
			t.Errorf("written\n%s\nread and written again\n%s", written.String(), twice.String())
		}
	})
}
