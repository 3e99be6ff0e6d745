package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/result"
)

// onTerminal starts pollpush with both outputs on a terminal of so many columns;
// its transcript is that of standard output.
func onTerminal(t *testing.T, dir string, columns int, env []string, args ...string) *process {
	t.Helper()
	master, slave := terminal(t)
	assert.NilError(t, unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: uint16(columns)}))
	p := prepared(t, dir, program(t, "pollpush"), args...)
	p.cmd.Stdout, p.cmd.Stderr = slave, slave
	p.cmd.Env = append(p.cmd.Environ(), env...)
	p.terminal = make(chan struct{})
	p.start()
	slave.Close()
	go func() {
		defer close(p.terminal)
		_, _ = io.Copy(&p.stdout, master)
	}()
	return p
}

// Whatever is printed fits the terminal, is in ASCII where the locale is, and has
// no escapes where they are not wanted.
func TestOnATerminal(t *testing.T) {
	t.Parallel()
	dir := workplace(t)
	writeRun(t, filepath.Join(dir, "base"), 1, same)
	writeRun(t, filepath.Join(dir, "doubted"), 1, func(trial *result.Trial) {
		trial.Env.ForeignCores = new(1.5)
		trial.Judge()
	})
	const usual = "LC_ALL=C.UTF-8 TERM=xterm NO_COLOR="
	type way struct {
		args, env string
		columns   int
	}
	ways := []way{{"report base", "LC_ALL=C.UTF-8 TERM=xterm NO_COLOR=1", 80}, {"report base", "LC_ALL=C.UTF-8 TERM=dumb NO_COLOR=", 80},
		{"report base", "LC_ALL=C TERM=xterm NO_COLOR=", 80}, {"report base", "LC_ALL= LC_CTYPE= LANG=POSIX TERM=xterm NO_COLOR=", 80}}
	for _, args := range []string{"report base", "report doubted", "compare base doubted --all", "scenarios", "scenarios short", "run nowhere", "help run"} {
		for _, columns := range []int{60, 80, 120} {
			ways = append(ways, way{args, usual, columns})
		}
	}
	// What is no terminal has no width: text is as wide as usual there.
	piped := pollpush(t, dir, "report", "doubted").stdout
	assert.Check(t, strings.Contains(piped, "\n⚠ No trial is valid (CPU used by other processes): "), "%s", piped)
	for _, w := range ways {
		text := strings.ReplaceAll(onTerminal(t, dir, w.columns, words(w.env), words(w.args)...).end().stdout, "\r\n", "\n")
		plain := strings.Contains(w.env, "NO_COLOR=1") || strings.Contains(w.env, "dumb") || w.args != "report base" && w.args != "report doubted"
		assert.Check(t, plain != strings.Contains(text, "\x1b") || w.args == "compare base doubted --all", "%+v: escapes:\n%q", w, text)
		isASCII := len(text) == utf8.RuneCountInString(text)
		assert.Check(t, isASCII == !strings.Contains(w.env, "C.UTF-8") || w.args != "report base", "%+v: in ASCII: %t\n%s", w, isASCII, text)
		for line := range strings.Lines(text) {
			n := seen(strings.TrimSuffix(line, "\n"))
			assert.Check(t, n <= w.columns || !strings.Contains(strings.TrimSpace(line), " "), "%+v: a line of %d columns: %s", w, n, line)
		}
		if w.args == "report doubted" {
			flat := strings.Join(strings.Fields(escape.ReplaceAllString(text, "")), " ")
			assert.Check(t, strings.Contains(flat, " No trial is valid (CPU used by other processes): ") && strings.HasSuffix(flat, "Report: doubted/report.html"), "%+v:\n%s", w, text)
		}
	}
}
