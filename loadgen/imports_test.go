package loadgen_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// uses are the packages of the load generator, and which of them each may import.
// The parsers and clients are machines without I/O, and the loop knows neither.
var uses = map[string][]string{
	"loadgen":                 {"loadgen/internal/client", "loadgen/internal/codec", "loadgen/internal/loop"},
	"loadgen/internal/client": {"loadgen/internal/codec"},
	"loadgen/internal/codec":  nil,
	"loadgen/internal/loop":   nil,
}

// inputOutput is what a machine without I/O does not import. Of net/http it uses
// what parses.
var inputOutput = []string{"context", "net", "crypto/tls", "os", "sync", "sync/atomic", "golang.org/x/sys/unix", "github.com/pollpush/pollpush/internal/clock"}

func TestImportsPointDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	assert.NilError(t, err)
	found := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); found++ {
		var p struct {
			ImportPath string
			Imports    []string
		}
		assert.NilError(t, d.Decode(&p))
		const module = "github.com/pollpush/pollpush/"
		name := strings.TrimPrefix(p.ImportPath, module)
		may, known := uses[name]
		assert.Check(t, known, "%s is not known: add it to uses", name)
		for _, path := range p.Imports {
			if to, ours := strings.CutPrefix(path, module); ours && strings.HasPrefix(to, "loadgen") {
				assert.Check(t, slices.Contains(may, to), "%s imports %s", name, to)
			}
			machine := name == "loadgen/internal/client" || name == "loadgen/internal/codec"
			assert.Check(t, !machine || !slices.Contains(inputOutput, path), "%s imports %s, and is to be without I/O", name, path)
		}
	}
	assert.Check(t, found == len(uses), "found %d packages, want %d", found, len(uses))
}
