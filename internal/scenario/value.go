package scenario

import (
	"strconv"
	"strings"

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
	for _, r := range text {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+-,", r) {
			return strconv.Quote(clip(text))
		}
	}
	if text == "" {
		return `""`
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
