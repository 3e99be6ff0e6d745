package report

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/report/internal/document"
)

// largest is how many bytes a file within the page may have.
const largest = 4 << 20

// abouts say what the files are for.
var abouts = map[string]string{
	"trials.jsonl.gz": "every trial in full: the source of everything else",
	"summary.csv":     "every number in the tables, for spreadsheets",
	"bench.txt":       "Go's benchmark format, which benchstat reads",
	"histograms.zip":  "delivery latency of each transport as .hgrm, which HdrHistogram's plotter reads",
	"junit.xml":       "the trials as test cases",
	"metrics.prom":    "Prometheus' text format",
	"report.md":       "this report for a pull request",
}

// downloads are the trials and the files of the report, for the page. What lies
// in a folder comes as one archive.
func downloads(trials []result.Trial, files map[string][]byte) ([]document.Download, error) {
	raw, err := zipped(trials)
	if err != nil {
		return nil, err
	}
	list := []document.Download{onPageOrBeside("trials.jsonl.gz", raw, result.FileName)}
	folders := map[string]map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if folder := path.Dir(name); folder != "." {
			if folders[folder] == nil {
				folders[folder] = map[string][]byte{}
			}
			folders[folder][name] = files[name]
			continue
		}
		list = append(list, onPageOrBeside(name, files[name], name))
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		content, err := archive(folders[folder])
		if err != nil {
			return nil, err
		}
		list = append(list, onPageOrBeside(folder+".zip", content, folder+"/"))
	}
	return list, nil
}

// onPageOrBeside links to a file within the page, or, where that is too large,
// to what lies beside it.
func onPageOrBeside(name string, content []byte, beside string) document.Download {
	d := document.Download{Name: name, About: abouts[name]}
	if len(content) > largest {
		d.Name, d.URL, d.Beside = beside, template.URL(beside), true
		return d
	}
	d.URL = template.URL("data:application/octet-stream;base64," + base64.StdEncoding.EncodeToString(content))
	return d
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
	w := gzip.NewWriter(&b)
	lines := json.NewEncoder(w)
	for i := range trials {
		if err := lines.Encode(&trials[i]); err != nil {
			return nil, fmt.Errorf("report: trial %d of %s: %w", trials[i].Trial, trials[i].Transport, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return b.Bytes(), nil
}

// archive is files as a zip, without times: the same files give the same bytes.
func archive(files map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(files[name])
		}
		if err != nil {
			return nil, fmt.Errorf("report: %s: %w", name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return b.Bytes(), nil
}
