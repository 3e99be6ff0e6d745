package document

import (
	"html/template"
)

// Download is a file that the page holds, or that lies beside it.
type Download struct {
	Name, About string
	URL         template.URL
	Beside      bool // too large for the page
}
