package main

import (
	"strings"
	"testing"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/gate"
)

// What editors put into a file that people edit is read, whichever file it is.
func TestByteOrderMarks(t *testing.T) {
	const mark = "\ufeff"
	t.Chdir(workplace(t))
	line := lineOf(t, aTrial())
	write(t, "good/"+result.FileName, line)
	write(t, "marked/"+result.FileName, mark+"\r\n"+line+"\r\n\r\n")
	write(t, "marked/"+gate.NoiseFile, mark+`{"schema":1,"alike":[]}`)
	write(t, "marked.yaml", mark+strings.Replace(tiny, "trials: 1", "trials: 0", 1))
	inside(t, "run", "marked.yaml").wantExit(t, badInput, "marked.yaml:4: trials 0: must be")
	inside(t, "report", "marked").wantExit(t, fine)
	inside(t, words("compare marked good --counts-only")...).wantExit(t, fine)
}
