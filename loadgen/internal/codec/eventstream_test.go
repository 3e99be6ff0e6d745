package codec

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// readStream reads text in pieces and returns its events as lines. Each piece
// is overwritten once it has been read, so that nothing can lean on it.
func readStream(pieces ...[]byte) (events []string, err error) {
	var s EventStream
	for _, piece := range pieces {
		piece = bytes.Clone(piece)
		for rest := piece; ; {
			e, size, ok, err := s.Next(rest)
			if err != nil {
				return events, err
			}
			rest = rest[size:]
			if !ok {
				if len(rest) > 0 {
					return events, fmt.Errorf("%q was left over", rest)
				}
				break
			}
			events = append(events, fmt.Sprintf("%s %q", e.Type, e.Data))
		}
		for i := range piece {
			piece[i] = '#'
		}
	}
	return events, nil
}

var streams = map[string]struct {
	text   string // line ends are put in place of \n
	events []string
}{
	// The examples of the standard.
	"stocks":   {text: "data: YHOO\ndata: +2\ndata: 10\n\n", events: []string{`message "YHOO\n+2\n10"`}},
	"blocks":   {text: ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n", events: []string{`message "first event"`, `message "second event"`, `message " third event"`}},
	"empties":  {text: "data\n\ndata\ndata\n\ndata:\n", events: []string{`message ""`, `message "\n"`}},
	"a space":  {text: "data:test\n\ndata: test\n\n", events: []string{`message "test"`, `message "test"`}},
	"types":    {text: "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent\ndata: 0\n\ndata: 1\n\n", events: []string{`add "73857293"`, `remove "2153"`, `message "0"`, `message "1"`}},
	"the chat": {text: "id: 43\nevent: message\ndata: {}\n\n: \n\nid: 44\nevent: message\ndata: {}\n\n", events: []string{`message "{}"`, `message "{}"`}},

	"byte order mark":        {text: "\uFEFFdata: a\n\n", events: []string{`message "a"`}},
	"two of them":            {text: "\uFEFF\uFEFFdata: a\n\ndata: b\n\n", events: []string{`message "b"`}},
	"one later on":           {text: "data: a\n\uFEFFdata: b\n\n", events: []string{`message "a"`}},
	"a part of one":          {text: "\xef\xbbdata: a\n\ndata: b\n\n", events: []string{`message "b"`}},
	"one and nothing":        {text: "\uFEFF\ndata: a\n\n", events: []string{`message "a"`}},
	"one and a comment":      {text: "\uFEFF: x\ndata: a\n\n", events: []string{`message "a"`}},
	"nothing":                {},
	"blank lines":            {text: "\n\n\ndata: a\n\n\n\n", events: []string{`message "a"`}},
	"comments within":        {text: "data: a\n:\n: data: no\ndata: b\n\n", events: []string{`message "a\nb"`}},
	"unknown fields":         {text: "Data: no\n data: no\ndata : no\nfoo\nfoo: bar\ndata: a\n\n", events: []string{`message "a"`}},
	"colons in the value":    {text: "data::a: b\n\n", events: []string{`message ":a: b"`}},
	"one space only, no tab": {text: "data:  a \n\ndata:\tb\n\n", events: []string{`message " a "`, `message "\tb"`}},
	"no data":                {text: "event: x\nid: 7\n\ndata: a\n\n", events: []string{`message "a"`}},
	"the last type counts":   {text: "event: x\nevent: y\ndata: a\n\n", events: []string{`y "a"`}},
	"the last id counts":     {text: "id: 1\nid: 2\ndata: a\n\n", events: []string{`message "a"`}},
	"an id that stays":       {text: "id: 1\ndata: a\n\ndata: b\n\n", events: []string{`message "a"`, `message "b"`}},
	"an id with NUL":         {text: "id: 1\ndata: a\n\nid: 2\x00\ndata: b\n\n", events: []string{`message "a"`, `message "b"`}},
	"NUL in data":            {text: "data: \x00\n\n", events: []string{`message "\x00"`}},
	"not UTF-8":              {text: "data: \xff\n\n", events: []string{`message "\xff"`}},
	"cut off":                {text: "id: 1\ndata: a\n\nid: 2\nretry: 5\ndata: b\n", events: []string{`message "a"`}},
	"cut off within a line":  {text: "data: a\n\ndata: b", events: []string{`message "a"`}},
	"retry":                  {text: "retry: 1500\n"},
}

func TestEventStream(t *testing.T) {
	for name, c := range streams {
		for endName, end := range map[string]string{"LF": "\n", "CRLF": "\r\n", "CR": "\r"} {
			t.Run(name+"/"+endName, func(t *testing.T) {
				text := []byte(strings.ReplaceAll(c.text, "\n", end))
				check := func(how string, pieces ...[]byte) {
					events, err := readStream(pieces...)
					assert.Check(t, err == nil && slices.Equal(events, c.events), "%s: got %q, %v; want %q", how, events, err, c.events)
				}
				check("whole", text)
				check("byte by byte", bytes.SplitAfter(text, nil)...)
				for i := range text {
					check(fmt.Sprintf("split at %d", i), text[:i], text[i:])
				}
			})
		}
	}
}

// Line ends may be mixed: CRLF CR LF are three of them, LF CR two.
func TestEventStreamLineEnds(t *testing.T) {
	events, err := readStream([]byte("data: a\r\ndata: b\rdata: c\n\rdata: d\n\r\ndata: e\r\r\ndata: f\r\n\n"))
	want := `[message "a\nb\nc" message "d" message "e" message "f"]`
	assert.Check(t, err == nil && fmt.Sprint(events) == want, "got %v, %v; want %s", events, err, want)
}

// An event is there with the CR that ends it, whether or not an LF will come.
func TestEventStreamDoesNotWaitForLF(t *testing.T) {
	var s EventStream
	e, size, ok, err := s.Next([]byte("data: a\r\n\r"))
	assert.Check(t, ok && err == nil && size == 10 && string(e.Data) == "a", "got %+v, %d, %v, %v", e, size, ok, err)
	_, size, ok, err = s.Next([]byte("\n"))
	assert.Check(t, !ok && err == nil && size == 1, "the LF gave %d, %v, %v", size, ok, err)
	e, _, ok, err = s.Next([]byte("data: b\n\n"))
	assert.Check(t, ok && err == nil && string(e.Data) == "b", "got %+v, %v, %v", e, ok, err)
}

// How a large event comes does not decide whether it is delivered.
func TestALargeEventByteByByte(t *testing.T) {
	text := strings.Repeat("x", 1<<20)
	for name, stream := range map[string]string{"a line": "data: " + text + "\n\n", "lines": strings.Repeat("data: "+text[:999]+"\n", 1000) + "\n"} {
		for _, size := range []int{1, 1000, len(stream)} {
			var pieces [][]byte
			for piece := range slices.Chunk([]byte(stream), size) {
				pieces = append(pieces, piece)
			}
			if events, err := readStream(pieces...); err != nil || len(events) != 1 || len(events[0]) < 1e6-1 {
				t.Errorf("%s in pieces of %d: %d events, %v", name, size, len(events), err)
			}
		}
	}
}

func TestEventStreamIsBounded(t *testing.T) {
	piece := bytes.Repeat([]byte("x"), 64<<10)
	for name, c := range map[string]struct{ begin, repeat string }{
		"a line":     {"data: ", string(piece)},
		"many lines": {"", "data: " + string(piece) + "\n"},
		"a name":     {"", string(piece)},
	} {
		t.Run(name, func(t *testing.T) {
			var s EventStream
			_, _, _, err := s.Next([]byte(c.begin))
			read := 0
			for ; err == nil && read < 8*maxEvent; read += len(c.repeat) {
				_, _, _, err = s.Next([]byte(c.repeat))
			}
			assert.Check(t, errors.Is(err, ErrMalformed) && read >= maxEvent, "after %d bytes: %v", read, err)
		})
	}
	t.Run("a comment takes no room", func(t *testing.T) {
		var s EventStream
		for _, b := range [][]byte{[]byte(":"), piece} {
			for range 2 * maxEvent / len(b) {
				_, _, _, err := s.Next(b)
				assert.NilError(t, err)
				if len(b) == 1 {
					break
				}
			}
		}
		assert.Check(t, len(s.line) == 1, "%d bytes are kept of a comment", len(s.line))
		e, _, ok, err := s.Next([]byte("\ndata: a\n\n"))
		assert.Check(t, ok && err == nil && string(e.Data) == "a", "after it: %+v, %v, %v", e, ok, err)
	})
}

// The generator reads hundreds of thousands of events each second.
func TestEventStreamDoesNotAllocate(t *testing.T) {
	var s EventStream
	text := []byte("id: 43\nevent: message\ndata: {\"id\":43}\n\n")
	if n := testing.AllocsPerRun(100, func() {
		if _, _, ok, err := s.Next(text); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}); n > 0 {
		t.Errorf("%v allocations for an event", n)
	}
}

// interpret is the standard's algorithm, line by line over the whole text.
func interpret(text string) (events []string) {
	text = strings.TrimPrefix(text, "\uFEFF")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(text, "\n")
	var kind, data string
	for _, line := range lines[:len(lines)-1] {
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "":
			if data != "" {
				if kind == "" {
					kind = "message"
				}
				events = append(events, fmt.Sprintf("%s %q", kind, strings.TrimSuffix(data, "\n")))
			}
			kind, data = "", ""
		case field == "event":
			kind = value
		case field == "data":
			data += value + "\n"
		}
	}
	return events
}

// However a stream is cut, it says what the standard's algorithm makes of it.
func FuzzEventStream(f *testing.F) {
	for _, c := range streams {
		for _, end := range []string{"\n", "\r\n", "\r"} {
			f.Add(strings.ReplaceAll(c.text, "\n", end), []byte{1, 0, 3})
		}
	}
	f.Fuzz(func(t *testing.T, text string, cuts []byte) {
		var pieces [][]byte
		rest := []byte(text)
		for _, n := range cuts {
			piece := rest[:min(int(n), len(rest))]
			pieces, rest = append(pieces, piece), rest[len(piece):]
		}
		got, err := readStream(append(pieces, rest)...)
		assert.NilError(t, err)
		want := interpret(text)
		assert.Check(t, slices.Equal(got, want), "%q in %d pieces: got %q, want %q", text, len(pieces)+1, got, want)
	})
}
