package transport_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"sync"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/pollpush/pollpush/internal/certificate"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/loadgen"
)

// TestOverTLS runs the suite again, by TLS.
func TestOverTLS(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"in order":       TestEveryoneReceivesInOrder,
		"IPv6":           TestServersOnIPv6,
		"resumes":        TestACursorResumes,
		"behind history": TestACursorBehindHistory,
		"cut off":        TestCutOffAndResumed,
		"close unblocks": TestCloseUnblocks,
		"refused":        TestARefusedMessageLeavesTheClientGood,
		"source":         TestSourceAddress,
		"meter":          TestMeterAgreesWithTheServer,
		"layers":         TestLayersAddUp,
	} {
		t.Run(name, test)
	}
}

func overTLS(t *testing.T) bool { return strings.HasPrefix(t.Name(), "TestOverTLS") }

// trust is a certificate, and what it is trusted by.
type trust struct {
	own   tls.Certificate
	roots *x509.CertPool
}

func trusted(t *testing.T) trust {
	t.Helper()
	all, err := makeTrust()
	assert.NilError(t, err)
	return all
}

// makeTrust makes one certificate for all servers.
var makeTrust = sync.OnceValues(func() (trust, error) {
	own, text, err := certificate.New("127.0.0.1", "::1", "localhost")
	if err != nil {
		return trust{}, err
	}
	roots, err := loadgen.Roots(text)
	return trust{own, roots}, err
})

// A server that is not trusted gets no client, and the error says what to do.
func TestOverTLSOnlyWhoIsTrusted(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := serve(t)
		before, _ := scrape(t, url)
		c, err := loadgen.Dial(t.Context(), tr.Name, loadgen.Target{URL: url, Room: "lobby", User: "ada", Roots: x509.NewCertPool()})
		if err == nil {
			c.Close()
			t.Fatal("it has connected")
		}
		untrusted := (*tls.CertificateVerificationError)(nil)
		assert.Check(t, errors.As(err, &untrusted) && strings.Contains(err.Error(), "trust the certificate"), "%v", err)
		after, own := scrape(t, url)
		assert.Check(t, is.Equal(after.Requests-before.Requests-own.Requests, int64(0)), "requests were sent")
	})
}

func TestTLSIsNotSpokenHere(t *testing.T) {
	each(t, func(t *testing.T, tr transport.Transport) {
		url := "https" + strings.TrimPrefix(serve(t), "http")
		c, err := loadgen.Dial(t.Context(), tr.Name, loadgen.Target{URL: url, Room: "lobby", User: "ada"})
		if err == nil {
			c.Close()
			t.Fatal("it has connected")
		}
		assert.Check(t, strings.Contains(err.Error(), "does the server speak TLS on this port?"), "%v", err)
	})
}
