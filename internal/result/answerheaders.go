package result

import "strings"

// The bounds of what a trial tells of an answer's head, whoever wrote that.
const (
	MaxAnswerHeaders = 64 // names, the status line's among them
	maxHeaderName    = 64 // bytes
)

// OtherHeaders is the name under which the lines are added up that have none to
// tell: what is no name of a header, or too long, or one too many. No header
// can have it.
const OtherHeaders = "(others)"

// statusLine is the shortest one.
const statusLine = len("HTTP/1.1 200\r\n")

// IsHeaderName reports whether s can name a header (RFC 9110, 5.1), in at most
// 64 bytes.
func IsHeaderName(s string) bool {
	other := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r))
	}
	return s != "" && len(s) <= maxHeaderName && !strings.ContainsFunc(s, other)
}

// checkAnswerHeaders: where an answer's head is told, all of its lines are.
func (t *Trial) checkAnswerHeaders(must must) {
	if len(t.AnswerHeaders) == 0 {
		return
	}
	must(len(t.AnswerHeaders) <= MaxAnswerHeaders+1, "answer_headers: %d names: must be at most %d, and %q", len(t.AnswerHeaders), MaxAnswerHeaders, OtherHeaders)
	must(t.AnswerHeaders[""] >= int64(statusLine), "answer_headers: a status line of %d bytes: must have at least %d", t.AnswerHeaders[""], statusLine)
	for name, n := range t.AnswerHeaders {
		switch {
		case name == "":
		case name == OtherHeaders:
			must(n > 0, "answer_headers: %d bytes of others: must be more than 0", n)
		case !IsHeaderName(name):
			must(false, "answer_headers: %.80q is not a header name", name)
		default:
			must(n >= int64(len(name)+len(":\r\n")), "answer_headers: %d bytes of %s, fewer than its name takes", n, name)
		}
	}
}
