package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// value is what was found behind a key, in a file or in a flag.
type value struct {
	form  form
	text  string  // of a scalar, unquoted
	line  int     // 0 in a flag
	items []value // of a list
	pairs []value // of a mapping: names and values in turn
}

type form int

const (
	flag    form = iota // untyped text; a list is separated by commas
	nothing             // null, or no value at all
	bare                // a number, boolean or date to YAML
	word                // text without quotes
	quoted
	list
	mapping
)

// scalar reports whether v is a single text.
func (v value) scalar() bool {
	return v.form == flag || v.form == bare || v.form == word || v.form == quoted
}

// split returns the items of a flag's text, which commas separate.
func (v value) split() (items []value) {
	for text := range strings.SplitSeq(v.text, ",") {
		items = append(items, value{text: strings.TrimSpace(text)})
	}
	return items
}

// found shows v in an error, short and harmless to a terminal.
func (v value) found() string {
	switch v.form {
	case nothing:
		return ""
	case list:
		return "[…]"
	case mapping:
		return "{…}"
	case quoted:
		return strconv.Quote(clip(v.text))
	}
	return show(v.text)
}

// show quotes text where it would be misread as part of the sentence.
func show(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+-,"
	if text == "" || strings.Trim(text, plain) != "" {
		return strconv.Quote(clip(text))
	}
	return clip(text)
}

func clip(text string) string {
	const most = 48
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// read turns a node into a value. The problem is not empty where the node uses
// what a scenario has no use for: anchors, aliases and tags.
func read(n *yaml.Node) (value, string) {
	v := value{line: n.Line, text: n.Value}
	switch n.Kind {
	case yaml.ScalarNode:
		switch {
		case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0:
			v.form = quoted
		case n.Tag == "!!null":
			v.form = nothing
		case n.Tag == "!!str":
			v.form = word
		default:
			v.form = bare
		}
	case yaml.SequenceNode:
		v.form = list
		for _, c := range n.Content {
			item, trouble := read(c)
			if trouble != "" {
				return item, trouble
			}
			v.items = append(v.items, item)
		}
	case yaml.AliasNode:
		v.form, v.text = word, "*"+n.Value
	default:
		v.form = mapping
	}
	return v, unplain(n)
}

// readPairs reads a mapping's names and values, in turn.
func readPairs(n *yaml.Node) (items []value, trouble string) {
	for _, c := range n.Content {
		item, trouble := read(c)
		if trouble != "" {
			return nil, trouble
		}
		items = append(items, item)
	}
	return items, ""
}

func unplain(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return "anchors and aliases are not allowed; write the value out"
	case n.Style&yaml.TaggedStyle != 0:
		return "tags such as " + show(n.Tag) + " are not allowed; write the value alone"
	}
	return ""
}

// unit is how quantities of one kind are written. A form may have a minus sign
// before it, so that what is negative is out of range, not malformed.
type unit[T any] struct {
	noun        string // "a duration"
	hint        string // of the forms there are, after what is allowed
	bare        string // what a number without a unit lacks: "s"
	placeholder string // of flags
	form        *regexp.Regexp
	read        func(string) (T, error)
	write       func(T) string
}

var timeUnit = unit[time.Duration]{
	noun: "a duration", hint: ", in ms, s, m or h", bare: "s", placeholder: "TIME",
	form: durationForm, read: parseDuration, write: formatDuration,
}

var rateUnit = unit[float64]{
	noun: "a rate", hint: ", such as 1/30s or 10/min", bare: "/s", placeholder: "RATE",
	form: rateForm, read: parseRate, write: formatRate,
}

var sizeUnit = unit[int]{
	noun: "a size", hint: ", in B or KiB", bare: "B", placeholder: "SIZE",
	form: sizeForm, read: parseSize, write: func(n int) string { return strconv.Itoa(n) + "B" },
}

var (
	wholePattern   = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	decimalPattern = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	percentForm    = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?)%$`)
	durationForm   = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|min|h))+$`)
	rateForm       = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)/(([0-9]+(\.[0-9]+)?)?(ms|s|m|min|h))$`)
	sizeForm       = regexp.MustCompile(`^([0-9]+)(B|KiB)$`)
)

var (
	errSyntax = errors.New("does not have the form of the unit")
	errRange  = errors.New("is too large to be represented")
)

// parseDuration reads "1s", "1m30s", "500ms" or "5min".
func parseDuration(text string) (time.Duration, error) {
	if !durationForm.MatchString(strings.TrimPrefix(text, "-")) {
		return 0, errSyntax
	}
	d, err := time.ParseDuration(strings.ReplaceAll(text, "min", "m"))
	if err != nil {
		return 0, errRange
	}
	return d, nil
}

// parseRate reads "1/s", "1/30s", "10/min" or "0/s" as a number per second.
// Equal rates written differently ("2/min", "1/30s") give the same number.
func parseRate(text string) (float64, error) {
	m := rateForm.FindStringSubmatch(strings.TrimPrefix(text, "-"))
	if m == nil {
		return 0, errSyntax
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil || n > 0 && text[0] == '-' {
		return 0, errRange
	}
	period := m[2]
	if m[3] == "" {
		period = "1" + period
	}
	d, err := parseDuration(period)
	if err != nil || d <= 0 {
		return 0, errRange
	}
	return n / d.Seconds(), nil
}

// parseSize reads "200B" or "4KiB" as bytes.
func parseSize(text string) (int, error) {
	m := sizeForm.FindStringSubmatch(strings.TrimPrefix(text, "-"))
	if m == nil {
		return 0, errSyntax
	}
	n, err := strconv.ParseInt(m[1], 10, 32)
	if err != nil || text[0] == '-' {
		return 0, errRange
	}
	if m[2] == "KiB" {
		n *= 1024
	}
	return int(n), nil
}

// parseLimit reads a limit, "5%" or "0.5%", as a share: 0.05, 0.005.
func parseLimit(text string) (float64, error) {
	m := percentForm.FindStringSubmatch(text)
	if m == nil {
		return 0, errSyntax
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil || v > 1000 {
		return 0, errRange
	}
	return v / 100, nil
}

// formatDuration renders d as people write it: 1h, not 1h0m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// formatRate renders r so that reading it gives r again, as 0.5/s.
func formatRate(r float64) string { return strconv.FormatFloat(r, 'f', -1, 64) + "/s" }

// formatCount renders n in groups of three digits: 1,000,000.
func formatCount(n int64) string {
	if n < 0 {
		return "-" + formatCount(-n)
	}
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("%s,%03d", formatCount(n/1000), n%1000)
}
