package foreign

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

// Our clients come to terms with npm's ws, whatever it asks for of
// permessage-deflate (RFC 7692, 7.1), and both sides can read what was agreed.
func TestDeflateTermsOfWS(t *testing.T) {
	t.Parallel()
	needNode(t)
	terms := []map[string]any{
		{},
		{"serverNoContextTakeover": true},
		{"serverNoContextTakeover": false},
		{"serverNoContextTakeover": false, "clientNoContextTakeover": false},
		{"serverMaxWindowBits": 9, "clientMaxWindowBits": 10},
		{"serverNoContextTakeover": false, "serverMaxWindowBits": 9, "clientMaxWindowBits": 9},
		{"clientMaxWindowBits": false},
		{"serverNoContextTakeover": false, "serverMaxWindowBits": 15},
	}
	for bits := 9; bits <= 15; bits++ {
		terms = append(terms, map[string]any{"serverNoContextTakeover": bits%2 == 0, "clientMaxWindowBits": bits})
	}
	// Each text repeats itself from near, and from further back than a small
	// window reaches.
	var texts []string
	for i := range 40 {
		piece := fmt.Sprintf("%d bottles of beer on the wall, %d bottles of beer; ", i*i*i, i)
		texts = append(texts, strings.Repeat(piece+strings.Repeat("x", i*i), 40)[:1+i*105])
	}
	for _, term := range terms {
		options, err := json.Marshal(term)
		assert.NilError(t, err)
		t.Run(string(options), func(t *testing.T) {
			s := serving(t, launch(t, "node", "--import", "./exit-with-stdin.mjs", "wsserver.mjs", string(options)))
			ada := dial(t, s, "ws-deflate", true)
			bob := dial(t, s, "ws-deflate", false)
			for _, text := range texts {
				assert.NilError(t, ada.Publish(text), "%d bytes", len(text))
			}
			ada.want(t, texts)
			bob.want(t, texts)
		})
	}
}
