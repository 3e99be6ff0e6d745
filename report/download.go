package report

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/report/internal/document"
)

// mostBytes is how many bytes the page may have with the trials in it. Without
// them they are next to it.
const mostBytes = 250_000

// page is report.html, with the trials in it if there is room.
func page(d *document.Document, trials []result.Trial) ([]byte, error) {
	raw, err := zipped(trials)
	if err != nil {
		return nil, err
	}
	without, err := d.Page("")
	url := "data:application/octet-stream;base64," + base64.StdEncoding.EncodeToString(raw)
	if err != nil || len(without)+len(url) > mostBytes {
		return without, err
	}
	return d.Page(template.URL(url))
}

// zipped is the trials as lines of a results file, in the order in which they
// ran.
func zipped(trials []result.Trial) ([]byte, error) {
	trials = slices.Clone(trials)
	slices.SortFunc(trials, func(a, b result.Trial) int {
		return cmp.Or(a.Started.Compare(b.Started), strings.Compare(a.ScenarioHash, b.ScenarioHash),
			transport.Compare(a.Transport, b.Transport), cmp.Compare(a.Trial, b.Trial), cmp.Compare(a.Attempt, b.Attempt))
	})
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // a level that there is
	lines := json.NewEncoder(w)
	for i := range trials {
		if err := lines.Encode(&trials[i]); err != nil {
			return nil, fmt.Errorf("trial %d of %s: %w", trials[i].Trial, trials[i].Transport, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
