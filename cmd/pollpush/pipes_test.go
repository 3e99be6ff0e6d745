package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pollpush/pollpush/internal/calibration"
	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/report/gate"
)

// Opening a pipe waits for whoever is at its other end. What is named as a file
// is refused at once where it is none.
func TestPipesAreRefused(t *testing.T) {
	t.Parallel()
	const irregular = "is no regular file; name one"
	for name, c := range map[string]struct {
		args string // PIPE is replaced by the pipe's path
		pipe string // where it is; "pipe" if it is a flag's value
		code int
		said string
	}{
		"scenario":       {"run PIPE", "pipe", badInput, irregular},
		"a device":       {"run /dev/zero", "pipe", badInput, "scenario /dev/zero: " + irregular},
		"a terminal":     {"run /dev/ptmx", "pipe", badInput, irregular},
		"calibration":    {"run tiny.yaml --calibration PIPE", "pipe", badInput, irregular},
		"kept":           {"run tiny.yaml --calibration kept", "kept/" + control.Env().Machine() + ".json", badInput, irregular},
		"target's CA":    {"run tiny.yaml --target https://127.0.0.1:1 --target-ca PIPE", "pipe", badInput, irregular},
		"check's CA":     {"check https://127.0.0.1:1 --ca PIPE", "pipe", badInput, irregular},
		"probe's CA":     {"probe ws https://127.0.0.1:1 --ca PIPE", "pipe", badInput, irregular},
		"order":          {"run --resume begun", "begun/" + orderFile, badInput, irregular},
		"resumed":        {"run --resume ordered", "ordered/" + result.FileName, badInput, irregular},
		"report":         {"report PIPE", "pipe", badInput, irregular},
		"base":           {"compare PIPE good", "pipe", badInput, irregular},
		"new":            {"compare good PIPE", "pipe", badInput, irregular},
		"noise":          {"compare good good", "good/" + gate.NoiseFile, badInput, irregular},
		"to learn into":  {"compare good good --learn", "good/" + gate.NoiseFile, badInput, irregular},
		"ab's noise":     {"ab . . tiny.yaml --noise PIPE", "pipe", badInput, irregular},
		"ab's scenario":  {"ab . . PIPE", "pipe", badInput, irregular},
		"written report": {"report good", "good/report.md", refused, "is a pipe that nobody reads from"},
		"markdown":       {"compare good good --markdown PIPE", "pipe", refused, "is a pipe that nobody reads from"},
		"junit":          {"compare good good --junit PIPE", "pipe", refused, "is a pipe that nobody reads from"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := workplace(t)
			write(t, filepath.Join(dir, "good", result.FileName), lineOf(t, aTrial()))
			o, err := order{File: "tiny.yaml", Source: tiny}.keep()
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "ordered", orderFile), string(o[orderFile]))
			pipe := filepath.Join(dir, c.pipe)
			if err := os.MkdirAll(filepath.Dir(pipe), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := unix.Mkfifo(pipe, 0o644); err != nil {
				t.Fatal(err)
			}
			e := pollpush(t, dir, strings.Fields(strings.ReplaceAll(c.args, "PIPE", pipe))...)
			e.wantExit(t, c.code, c.said)
		})
	}
}

// What editors put into a file that people edit is read, whichever file it is.
func TestByteOrderMarks(t *testing.T) {
	t.Parallel()
	const mark = "\ufeff"
	dir := workplace(t)
	line := lineOf(t, aTrial())
	write(t, filepath.Join(dir, "good", result.FileName), line)
	write(t, filepath.Join(dir, "marked", result.FileName), mark+"\r\n"+line+"\r\n\r\n")
	write(t, filepath.Join(dir, "marked", gate.NoiseFile), mark+`{"schema":1,"alike":[]}`)
	machine := control.Env().Machine()
	c := calibration.Calibration{Schema: calibration.Schema, Machine: machine, Env: control.Env()}
	if err := c.Write(filepath.Join(dir, "calibration.json")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "calibration.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "calibration.json"), mark+string(text))
	if _, err := calibration.Read(filepath.Join(dir, "calibration.json"), machine); err != nil {
		t.Error(err)
	}
	write(t, filepath.Join(dir, "marked.yaml"), mark+strings.Replace(tiny, "trials: 1", "trials: 0", 1))
	pollpush(t, dir, "run", "marked.yaml").wantExit(t, badInput, "marked.yaml:4: trials 0: must be")
	pollpush(t, dir, "report", "marked").wantExit(t, fine)
	for _, args := range [][]string{{"compare", "marked", "good", "--counts-only"}, {"compare", "good", "marked", "--counts-only"}} {
		pollpush(t, dir, args...).wantExit(t, fine)
	}
}
