package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Error is everything that is wrong with a scenario as it was asked for: its
// name, its file and the flags over it. It is always the user's to mend, never
// the machine's (exit code 2).
type Error struct {
	Faults []Fault // in the order of lines; flags come last
}

// Fault is one thing that is wrong.
type Fault struct {
	File string // as it was given; empty for a flag
	Line int    // from 1; 0 for the file as a whole or a flag
	Key  string // dotted; empty where no known key is concerned
	Text string // the whole message, one line
}

// Error returns the messages of all faults, one per line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.Text
	}
	return strings.Join(lines, "\n")
}

// problem is why a value was refused: what was found and what is allowed.
type problem struct {
	line  int // 0: that of the key
	found string
	text  string
}

func refuse(v value, format string, args ...any) []problem {
	return []problem{{v.line, v.found(), fmt.Sprintf(format, args...)}}
}

// faultsMost bounds a report; a file in which everything is wrong needs no
// thousand lines to say so.
const faultsMost = 20

// failFile is an error about a file as a whole, or about what may not be a file at all.
func failFile(file string, line int, format string, args ...any) *Error {
	return &Error{[]Fault{fileFault(file, line, "", fmt.Sprintf(format, args...))}}
}

func fileFault(file string, line int, key, text string) Fault {
	place := "scenario " + file
	if strings.ContainsFunc(file, func(r rune) bool { return !unicode.IsPrint(r) }) {
		place = "scenario " + strconv.Quote(file) // keeps a fault on one line
	}
	if line > 0 {
		place = fmt.Sprintf("%s:%d", place, line)
	}
	return Fault{File: file, Line: line, Key: key, Text: place + ": " + text}
}

// report sorts the faults, shortens them where they are many and makes an
// error of them; nil where there are none.
func report(file string, faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	slices.SortStableFunc(faults, func(a, b Fault) int {
		if (a.File == "") != (b.File == "") {
			if a.File == "" {
				return 1
			}
			return -1
		}
		return a.Line - b.Line
	})
	if more := len(faults) - faultsMost; more > 0 {
		faults = append(faults[:faultsMost:faultsMost], fileFault(file, 0, "", fmt.Sprintf("and %d more faults", more)))
	}
	return &Error{faults}
}
