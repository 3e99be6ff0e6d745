package result

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/pollpush/pollpush/internal/file"
)

// A FileError is a fault of a results file: where it is, and what to do.
type FileError struct {
	Path string
	Line int // 0 for the file as a whole
	Err  error

	// CutOff says that nothing is wrong but the file's last line, which ends
	// in its midst: the trials before it come with the error.
	CutOff bool
}

func (e *FileError) Error() string {
	place := e.Path
	if e.Line > 0 {
		place += fmt.Sprintf(":%d", e.Line)
	}
	return fmt.Sprintf("results %s: %v", place, e.Err)
}

func (e *FileError) Unwrap() error { return e.Err }

// Append adds one trial to the file at path, which is made if it is not there.
// The line is on disk when Append returns, or the file is as it was. Where the
// writer of the line before was killed before its newline, that comes first.
func Append(path string, t *Trial) error {
	line, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("trial of %s: %w", t.Transport, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(appendLine(f, append(line, '\n')), f.Close())
}

// appendLine writes all of the line, or none of it.
func appendLine(f *os.File, line []byte) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if size := info.Size(); size > 0 {
		var last [1]byte
		if _, err := f.ReadAt(last[:], size-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
	}
	if _, err = f.Write(line); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(info.Size()))
	}
	return nil
}

// ErrMissing is in the error of [ReadDir] where there is nothing to read.
var ErrMissing = errors.New("give a run's folder, as `pollpush run` prints it")

// ReadDir reads the trials of a run's folder, or of the results file itself,
// as [Read] does.
func ReadDir(path string) ([]Trial, error) {
	given := path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, FileName)
	}
	f, err := file.Open(path)
	switch {
	case errors.Is(err, os.ErrNotExist) && path != given:
		path, err = given, fmt.Errorf("holds no %s; %w", FileName, ErrMissing)
	case errors.Is(err, os.ErrNotExist):
		err = fmt.Errorf("no such file or folder; %w", ErrMissing)
	case errors.Is(err, file.ErrIrregular):
		err = fmt.Errorf("%w, or a run's folder", file.ErrIrregular)
	}
	if err != nil {
		return nil, &FileError{Path: path, Err: err}
	}
	defer f.Close()
	return Read(path, f)
}

// maxLine bounds a trial's line. The largest part of one is its series.
const maxLine = 64 << 20

// Read reads trials, each checked. What an editor may have added, blank lines and
// a byte order mark, is passed over. The name is for errors, which are of type
// *[FileError]. No trials come with an error, unless that is CutOff.
func Read(name string, r io.Reader) ([]Trial, error) {
	var trials []Trial
	var at []int // their lines
	lines := bufio.NewReaderSize(r, 1<<20)
	for n := 1; ; n++ {
		line, err := readLine(lines)
		fail := func(err error) ([]Trial, error) { return nil, &FileError{Path: name, Line: n, Err: err} }
		if err == io.EOF && len(line) == 0 {
			break
		}
		if err != nil && err != io.EOF {
			return fail(err)
		}
		if n == 1 {
			line = file.WithoutMark(line)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue // at the end, the next read says so
		}
		if err == io.EOF && !json.Valid(line) {
			err = errors.New("the line is cut off: its writer was killed; delete it to use the lines before")
			return trials, &FileError{Path: name, Line: n, Err: err, CutOff: true}
		}
		t, err := parse(line)
		if err != nil {
			return fail(err)
		}
		if err := belongs(t, trials, at); err != nil {
			return fail(err)
		}
		trials, at = append(trials, *t), append(at, n)
	}
	if len(trials) == 0 {
		return nil, &FileError{Path: name, Err: errors.New("holds no trial: the run ended before its first trial did")}
	}
	return trials, nil
}

// belongs compares a trial with those before it in the file, at these lines.
func belongs(t *Trial, before []Trial, at []int) error {
	if len(before) == 0 {
		return nil
	}
	first := &before[0]
	if t.Run != first.Run || t.Scenario != first.Scenario || !slices.Equal(t.Swept, first.Swept) || len(t.Swept) == 0 && t.ScenarioHash != first.ScenarioHash {
		return fmt.Errorf("belongs to run %q (scenario %s), but the file began with run %q (scenario %s)",
			t.Run, t.ScenarioHash, first.Run, first.ScenarioHash)
	}
	for i := range before {
		if b := &before[i]; b.ScenarioHash == t.ScenarioHash && b.Transport == t.Transport && b.Trial == t.Trial && b.Attempt == t.Attempt {
			return fmt.Errorf("is %s, trial %d, attempt %d, like line %d: a trial counts once", t.Transport, t.Trial, t.Attempt, at[i])
		}
	}
	return nil
}

func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("is longer than %d bytes: this is not a results file", maxLine)
		}
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

// parse reads one line.
func parse(line []byte) (*Trial, error) {
	if err := file.CheckSchema(line, Schema, "results file", ""); err != nil {
		return nil, err
	}
	var t Trial
	if err := file.Decode(line, &t); err != nil {
		return nil, fmt.Errorf("is not a trial: %w", err)
	}
	if err := t.Check(); err != nil && !t.broken() {
		return nil, err
	}
	return &t, nil
}

// broken reports whether a trial was stamped so when it ended: it is kept with
// what it has.
func (t *Trial) broken() bool { return t.Validity == Invalid && t.invalidFor(Broken) }
