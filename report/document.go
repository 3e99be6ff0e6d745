package report

// document is a report before it has a format: all that Markdown, the page and
// the terminal show, in this order.
type document struct {
	title   string
	verdict verdict

	table     table // of all transports, and points
	footnotes []string
	meanings  []meaning

	charts   []chart // in the order of their questions
	sections []section

	trials      table // every one, with what is doubted about it
	environment table
	repeat      []string // commands
}

// question is what a chart answers. Charts stand together by it.
type question int

const (
	costsTheServer question = iota
	freshForUsers
	crossesTheWire
	breaksFirst
	inTime
)

// questions are as people ask them.
var questions = map[question]string{
	costsTheServer: "What does it cost the server?",
	freshForUsers:  "How fresh is what users see?",
	crossesTheWire: "What crosses the wire?",
	breaksFirst:    "What breaks first?",
	inTime:         "Was the steady state steady?",
}
