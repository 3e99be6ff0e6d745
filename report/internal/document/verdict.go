package document

// Verdict is a run in a few sentences of computed numbers. It holds no markup.
type Verdict struct {
	Headlines  []string // a server stopped on purpose, losses, and why there is no verdict: before all else
	Paragraphs []string
	Notes      []string // how far the paragraphs can be trusted
}
