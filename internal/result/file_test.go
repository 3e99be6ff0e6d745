package result

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestAppendAndRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	var want []Trial
	var soFar string
	for n := 1; n <= 3; n++ {
		trial := sound(t, func(trial *Trial) { trial.Trial = n })
		assert.NilError(t, Append(path, trial))
		want, soFar = append(want, *trial), soFar+lineOf(t, trial)
		text, err := os.ReadFile(path)
		assert.NilError(t, err)
		assert.Assert(t, string(text) == soFar, "after %d trials the file holds\n%s\nwant\n%s", n, text, soFar)
	}
	for _, name := range []string{dir, path} {
		got, err := ReadDir(name)
		assert.NilError(t, err)
		assert.Check(t, reflect.DeepEqual(got, want), "%s: read\n%+v\nwant\n%+v", name, got, want)
	}
}

func TestAppendRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	assert.NilError(t, Append(path, sound(t)))
	before, err := os.ReadFile(path)
	assert.NilError(t, err)
	err = Append(path, sound(t, func(trial *Trial) { trial.StaleShare = math.NaN() }))
	want := "trial of poll: json: unsupported value: NaN"
	assert.Check(t, err != nil && err.Error() == want, "error %q, want %q", err, want)
	after, _ := os.ReadFile(path)
	assert.Check(t, string(after) == string(before), "the file became\n%s", after)
	err = Append(filepath.Join(dir, "nowhere", FileName), sound(t))
	assert.Check(t, errors.Is(err, os.ErrNotExist), "error %v, want that of a folder that is not there", err)
}

func TestReadRefuses(t *testing.T) {
	good := lineOf(t, sound(t))
	with := func(old, new string) string {
		t.Helper()
		if strings.Count(good, old) != 1 {
			t.Fatalf("%s stands %d times in the line", old, strings.Count(good, old))
		}
		return strings.Replace(good, old, new, 1)
	}
	otherRun := lineOf(t, sound(t, func(trial *Trial) { trial.Run = "run-2" }))
	otherScenario := lineOf(t, sound(t, func(trial *Trial) { trial.ScenarioHash = "ba9876543210" }))
	for name, c := range map[string]struct {
		text string
		line int
		want string
	}{
		"empty":           {"", 0, "holds no trial: the run ended before its first trial did"},
		"cut off, alone":  {good[:100], 1, cutOff},
		"not JSON":        {"PK\x03\x04\n", 1, "is not JSON: invalid character 'P' looking for beginning of value"},
		"blank alone":     {"\ufeff\n \n", 0, "holds no trial: the run ended before its first trial did"},
		"a mark within":   {good + "\ufeff" + good, 2, "is not JSON: invalid character 'ï' looking for beginning of value"},
		"a key twice":     {with(`"lost":0,"dup`, `"lost":0,"lost":0,"dup`), 1, `is not a trial: has the key "/lost" twice`},
		"two on a line":   {strings.TrimSuffix(good, "\n") + good, 1, "is not JSON: invalid character '{' after top-level value"},
		"no schema":       {`{"name":"another's"}` + "\n", 1, `has no "schema": this is not a pollpush results file; give another file`},
		"null":            {"null\n", 1, `has no "schema": this is not a pollpush results file; give another file`},
		"schema 0":        {with(`"schema":5`, `"schema":0`), 1, "has schema 0, but schemas start at 1"},
		"future schema":   {good + with(`"schema":5`, `"schema":6`), 2, "has schema 6, but this pollpush reads up to 5: use a newer pollpush"},
		"schema's type":   {with(`"schema":5`, `"schema":"2"`), 1, `has no "schema": this is not a pollpush results file; give another file`},
		"unknown field":   {with(`"lost":0,"dup`, `"losst":0,"dup`), 1, `is not a trial: has the unknown key "/losst"`},
		"wrong type":      {with(`"clients":2`, `"clients":2.5`), 1, "is not a trial: json: cannot unmarshal JSON number 2.5 into Go int within \"/clients\": invalid syntax"},
		"two runs":        {good + otherRun, 2, `belongs to run "run-2" (scenario 0123456789ab), but the file began with run "run-1" (scenario 0123456789ab)`},
		"two scenarios":   {good + otherScenario, 2, `belongs to run "run-1" (scenario ba9876543210), but the file began with run "run-1" (scenario 0123456789ab)`},
		"a trial twice":   {"\n" + good + "\n" + good, 4, "is poll, trial 1, attempt 1, like line 2: a trial counts once"},
		"does not add up": {good + with(`"reordered":0`, `"reordered":2001`), 2, "broken invariants: reordered 2001 > delivered 2000 − duplicated 0"},
	} {
		t.Run(name, func(t *testing.T) {
			trials, err := Read("dir/trials.jsonl", strings.NewReader(c.text))
			at := "dir/trials.jsonl"
			if c.line > 0 {
				at += fmt.Sprint(":", c.line)
			}
			want := "results " + at + ": " + c.want
			got := strings.Replace(fmt.Sprint(err), "unable to", "cannot", 1) // which of these encoding/json says is chance
			assert.Check(t, is.Equal(got, want))
			fault, ok := errors.AsType[*FileError](err)
			assert.Check(t, ok && fault.Line == c.line, "error %#v, want a *FileError of line %d", err, c.line)
			assert.Check(t, trials == nil, "%d trials came with it", len(trials))
		})
	}
}

const cutOff = "the line is cut off: its writer was killed; delete it to use the lines before"

// What stands before a line that is cut off, wherever it is, comes with the
// error; nothing else does.
func TestReadCutOff(t *testing.T) {
	one, two := sound(t), sound(t, func(trial *Trial) { trial.Trial = 2 })
	good := lineOf(t, one) + lineOf(t, two)
	third := lineOf(t, sound(t, func(trial *Trial) { trial.Trial = 3 }))
	whole := len(third) - 1
	for cut := 1; cut < whole; cut += 1 + cut/16 {
		trials, err := Read("trials.jsonl", strings.NewReader(good+third[:cut]))
		fault, ok := errors.AsType[*FileError](err)
		assert.Assert(t, ok && fault.CutOff && fault.Error() == "results trials.jsonl:3: "+cutOff, "cut off after %d bytes: error %v", cut, err)
		assert.Assert(t, reflect.DeepEqual(trials, []Trial{*one, *two}), "cut off after %d bytes: read\n%+v", cut, trials)
	}
	trials, err := Read("trials.jsonl", strings.NewReader(good+third[:whole]))
	assert.Check(t, err == nil && len(trials) == 3, "without its newline alone: %d trials, error %v", len(trials), err)
	for name, text := range map[string]string{
		"with a byte order mark":  "\ufeff" + good + third,
		"with blank lines":        "\n" + lineOf(t, one) + "\r\n  \n" + lineOf(t, two) + third + "\n",
		"of an editor on Windows": strings.ReplaceAll(good+third, "\n", "\r\n"),
	} {
		if trials, err := Read("trials.jsonl", strings.NewReader(text)); err != nil || len(trials) != 3 {
			t.Errorf("%s: %d trials, error %v", name, len(trials), err)
		}
	}
	for name, text := range map[string]string{
		"a whole line that is wrong": good + `{"schema":99}`,
		"cut off in the middle":      third[:100] + "\n" + good,
	} {
		trials, err := Read("trials.jsonl", strings.NewReader(text))
		fault, ok := errors.AsType[*FileError](err)
		assert.Check(t, ok && !fault.CutOff && trials == nil, "%s: %d trials, error %#v", name, len(trials), err)
	}
}

// A line that lacks only its newline is kept, and the next begins on its own.
func TestAppendAfterALineWithoutItsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	first, second := lineOf(t, sound(t)), sound(t, func(trial *Trial) { trial.Trial = 2 })
	assert.NilError(t, os.WriteFile(path, []byte(strings.TrimSuffix(first, "\n")), 0o644))
	assert.NilError(t, Append(path, second))
	text, err := os.ReadFile(path)
	assert.Check(t, err == nil && string(text) == first+lineOf(t, second), "the file holds\n%s\n(%v)", text, err)
	trials, err := ReadDir(path)
	assert.Check(t, err == nil && len(trials) == 2, "%d trials, error %v", len(trials), err)
}

// A line that does not fit on the disk leaves nothing of itself behind.
func TestAppendLeavesNoHalfLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	assert.NilError(t, Append(path, sound(t)))
	before, err := os.ReadFile(path)
	assert.NilError(t, err)
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	assert.NilError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	small := syscall.Rlimit{Cur: uint64(len(before) + 100), Max: limit.Max}
	assert.NilError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small))
	err = Append(path, sound(t))
	assert.NilError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
	assert.Check(t, errors.Is(err, syscall.EFBIG), "error %v, want that of the write", err)
	after, _ := os.ReadFile(path)
	assert.Check(t, string(after) == string(before), "the file has %d bytes more", len(after)-len(before))
	second := sound(t)
	second.Trial = 2
	assert.NilError(t, Append(path, second))
	trials, err := ReadDir(path)
	assert.Check(t, err == nil && len(trials) == 2, "%d trials, error %v", len(trials), err)
}

// endless is a line without end.
type endless struct{}

var blanks = bytes.Repeat([]byte(" "), 1<<20)

func (endless) Read(b []byte) (int, error) {
	return copy(b, blanks), nil
}

func TestReadGivesUpOnALineWithoutEnd(t *testing.T) {
	_, err := Read("trials.jsonl", io.MultiReader(strings.NewReader(lineOf(t, sound(t))), endless{}))
	const want = "results trials.jsonl:2: is longer than 67108864 bytes: this is not a results file"
	assert.Check(t, err != nil && err.Error() == want, "error %q, want %q", err, want)
}

func TestReadPassesOnWhatTheReaderSays(t *testing.T) {
	broken := errors.New("the disk is gone")
	_, err := Read("trials.jsonl", io.MultiReader(strings.NewReader(lineOf(t, sound(t))), failing{broken}))
	want := "results trials.jsonl:2: the disk is gone"
	assert.Check(t, errors.Is(err, broken) && err.Error() == want, "error %q, want %q", err, want)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestReadDirRefuses(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "folder", FileName)
	assert.NilError(t, os.MkdirAll(folder, 0o755))
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	const irregular = ": is not a regular file; give one, or a run's folder"
	const remedy = "; give a run's folder, as `pollpush run` prints it"
	for name, c := range map[string]struct{ path, want string }{
		"nowhere":        {filepath.Join(dir, "nowhere"), filepath.Join(dir, "nowhere") + ": no such file or folder" + remedy},
		"a folder alone": {dir, dir + ": holds no trials.jsonl" + remedy},
		"no file":        {filepath.Join(dir, "folder"), folder + irregular},
		"a pipe":         {pipe, pipe + irregular},
		"a device":       {"/dev/zero", "/dev/zero" + irregular},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadDir(c.path)
			want := "results " + c.want
			assert.Check(t, err != nil && err.Error() == want, "error %q, want %q", err, want)
		})
	}
}

// Of a run that sweeps, trials differ in what was asked of them.
func TestReadOfASweep(t *testing.T) {
	swept := func(hash string) string {
		return lineOf(t, sound(t, func(trial *Trial) { trial.Swept, trial.ScenarioHash = []string{"clients"}, hash }))
	}
	trials, err := Read("trials.jsonl", strings.NewReader(swept("0123456789ab")+swept("ba9876543210")))
	assert.Check(t, err == nil && len(trials) == 2, "%d trials, %v", len(trials), err)
}
