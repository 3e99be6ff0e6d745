package server

import (
	"crypto/x509"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/contract"
)

// The server keeps every point of the contract, in the clear and by TLS, and by
// TLS only for whoever trusts it.
func TestContract(t *testing.T) {
	for _, name := range []string{"in the clear", "by TLS"} {
		t.Run(name, func(t *testing.T) {
			h := start(t, Config{Deflate: true, Batch: 50 * time.Millisecond})
			var roots *x509.CertPool
			if h.tls != nil {
				roots = h.tls.RootCAs
			}
			results, err := contract.Check(t.Context(), h.url, roots, contract.Part{})
			assert.NilError(t, err)
			assert.Check(t, len(results) == len(contract.Points()), "%d points of %d", len(results), len(contract.Points()))
			for _, r := range results {
				assert.Check(t, r.Verdict == contract.Passed, "%s: %s: %s %v", r.Group, r.Name, r.Why, r.Fault)
			}
			if h.tls != nil {
				_, err := contract.Check(t.Context(), h.url, nil, contract.Part{})
				assert.ErrorContains(t, err, "certificate signed by unknown authority")
			}
		})
	}
}
