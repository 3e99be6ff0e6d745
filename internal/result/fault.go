package result

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The kinds of errors. One of dialling or of publishing has "dial: " or
// "publish: " before it, and one of AnswerStatus a number behind it: "dial: status
// 503".
const (
	OutOfDescriptors = "out of descriptors"
	OutOfPorts       = "out of ports"
	OutOfMemory      = "out of memory"

	AnswerStatus     = "status" // an answer that refuses
	TargetRefused    = "refused"
	TimedOut         = "timeout"
	ConnectionLost   = "connection lost"
	TLSFailed        = "TLS" // its handshake, for one because the certificate is not trusted
	MalformedAnswer  = "malformed answer"
	MalformedMessage = "malformed message"
	CorruptMessage   = "corrupt message" // not what was published
	ForeignMessage   = "foreign message" // not published by this trial

	NoAnswer         = "no answer" // by the time the connection was closed from here
	ConnectionFailed = "connection failed"
)

// Side is whose fault an error is.
type Side string

const (
	GeneratorSide Side = "the generator" // its own limits
	TargetSide    Side = "the target"
	Unclear       Side = "unclear"
)

// Fault returns whose fault an error of a kind is. Statuses that find fault with
// the request itself may be either's.
func Fault(kind string) Side {
	kind = bare(kind)
	switch kind {
	case OutOfDescriptors, OutOfPorts, OutOfMemory:
		return GeneratorSide
	case TargetRefused, TimedOut, ConnectionLost, MalformedAnswer, MalformedMessage, CorruptMessage, ForeignMessage:
		return TargetSide
	}
	word, number, _ := strings.Cut(kind, " ")
	status, err := strconv.Atoi(number)
	switch {
	case word != AnswerStatus || err != nil:
		return Unclear
	case status == 400, status == 411, status == 413, status == 414, status == 415, status == 422, status == 431:
		return Unclear
	}
	return TargetSide
}

// bare is a kind without what it was that failed.
func bare(kind string) string {
	return strings.TrimPrefix(strings.TrimPrefix(kind, "publish: "), "dial: ")
}

// judgeFailures checks what failed, and whose fault it was.
func (t *Trial) judgeFailures() {
	t.judgeLimits()
	var n int64
	for _, k := range t.Errors {
		n += k
	}
	t.doubtBeyond(Errors, float64(n), 0, maxErrors*float64(t.Requests.Total+t.Offered), "%d errors; %s%s", n, bySide(t.Errors), t.gatewayTimeout())
	// A request that meets the close of an idle connection is no error, and is
	// sent again. Many of them are a server that does not answer.
	unanswered := t.Requests.Errors - n
	t.doubtBeyond(Errors, float64(unanswered), 0, maxErrors*float64(t.Requests.Total), "%d of %d requests were not answered and were sent again on another connection", unanswered, t.Requests.Total)
	if n := t.Connections.Failed; n > 0 {
		t.Doubt(Refused, Suspect, "failed connection attempts: %d", n)
	}
	if n := t.Connections.Lost; n > 0 {
		t.Doubt(LostConnections, Suspect, "connections broken by the server or the network: %d", n)
	}
	if t.Lost > 0 {
		t.Doubt(Losses, Suspect, "%d of %d deliveries were lost", t.Lost, t.Expected)
	}
}

// gatewayTimeout is the remedy for long polls that a proxy times out.
func (t *Trial) gatewayTimeout() string {
	if t.Asked.WaitS == 0 || t.Errors[AnswerStatus+" 504"] == 0 {
		return ""
	}
	return fmt.Sprintf("; a proxy before the target waits for less than the %g s that a long poll may take: use a shorter wait (poll.wait), or raise the proxy's timeout", t.Asked.WaitS)
}

// judgeLimits checks whether the generator hit limits of its own.
func (t *Trial) judgeLimits() {
	met := map[string]int64{}
	for kind, n := range t.Errors {
		if Fault(kind) == GeneratorSide {
			met[bare(kind)] += n
		}
	}
	for _, limit := range slices.Sorted(maps.Keys(met)) {
		remedy := "use fewer clients"
		switch limit {
		case OutOfDescriptors:
			remedy = fmt.Sprintf("a process may hold %d here; raise the limit (ulimit -n), use more shards, or use fewer clients", t.Env.NoFile)
		case OutOfPorts:
			remedy = "every shard has its own source address; use more shards or fewer clients"
		}
		if met[limit] > 0 {
			t.Doubt(GeneratorLimits, Invalid, "the generator ran %s %d times: %s", limit, met[limit], remedy)
		}
	}
}

// lacksClients reports whether not all clients have joined.
func (t *Trial) lacksClients() bool { return t.invalidFor(Refused) }

// bySide lists errors, grouped by whose fault they are.
func bySide(errors map[string]int64) string {
	var parts []string
	for _, s := range []struct {
		side Side
		name string
	}{{GeneratorSide, "the generator's own"}, {TargetSide, "the target's"}, {Unclear, "unclear"}} {
		of := maps.Clone(errors)
		maps.DeleteFunc(of, func(kind string, n int64) bool { return n == 0 || Fault(kind) != s.side })
		if len(of) > 0 {
			parts = append(parts, s.name+": "+kinds(of))
		}
	}
	return strings.Join(parts, "; ")
}

// kinds lists errors by kind, the most frequent first.
func kinds(errors map[string]int64) string {
	names := slices.SortedFunc(maps.Keys(errors), func(a, b string) int {
		return cmp.Or(cmp.Compare(errors[b], errors[a]), cmp.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, errors[name])
	}
	return strings.Join(names, ", ")
}
