package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/gate"
)

// What editors put into a file that people edit is read, whichever file it is.
func TestByteOrderMarks(t *testing.T) {
	t.Parallel()
	const mark = "\ufeff"
	dir, line := workplace(t), lineOf(t, aTrial())
	write(t, filepath.Join(dir, "good", result.FileName), line)
	write(t, filepath.Join(dir, "marked", result.FileName), mark+"\r\n"+line+"\r\n\r\n")
	write(t, filepath.Join(dir, "marked", gate.NoiseFile), mark+`{"schema":1,"alike":[]}`)
	write(t, filepath.Join(dir, "marked.yaml"), mark+strings.Replace(tiny, "trials: 1", "trials: 0", 1))
	pollpush(t, dir, "run", "marked.yaml").wantExit(t, badInput, "marked.yaml:4: trials 0: must be")
	pollpush(t, dir, "report", "marked").wantExit(t, fine)
	pollpush(t, dir, "compare", "marked", "good", "--counts-only").wantExit(t, fine)
}
