package document

// Section is a part of the report for readers who ask further: sentences,
// tables, and what their rows count.
type Section struct {
	Title    string
	About    string
	Table    Table
	Numbers  bool // each column is one transport's
	Notes    []string
	Commands []string // of a shell, in the run's folder
	Meanings []Meaning
}

// Meaning says what a row counts.
type Meaning struct{ Name, Text string }
