package figure

// Question is what a chart answers. Charts stand together by it.
type Question int

const (
	CostsTheServer Question = iota
	FreshForUsers
	CrossesTheWire
	BreaksFirst
	InTime
)

// Questions are as people ask them.
var Questions = [...]string{
	CostsTheServer: "What does it cost the server?",
	FreshForUsers:  "How fresh is what users see?",
	CrossesTheWire: "What crosses the wire?",
	BreaksFirst:    "What breaks first?",
	InTime:         "Was the steady state steady?",
}
