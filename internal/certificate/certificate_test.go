package certificate

import (
	"crypto/x509"
	"encoding/pem"
	"testing"

	"gotest.tools/v3/assert"
)

func TestCertificateIsGoodForItsHosts(t *testing.T) {
	c, text, err := New("127.0.0.1", "::1", "localhost")
	assert.NilError(t, err)
	block, rest := pem.Decode([]byte(text))
	assert.Assert(t, block != nil && len(rest) == 0 && string(block.Bytes) == string(c.Certificate[0]), "the text is not the certificate: %s", text)
	leaf, err := x509.ParseCertificate(block.Bytes)
	assert.NilError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	for host, good := range map[string]bool{"127.0.0.1": true, "::1": true, "localhost": true, "127.0.0.2": false, "example.org": false} {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots}); (err == nil) != good {
			t.Errorf("%s: %v, want it to be good: %v", host, err, good)
		}
	}
	_, err = leaf.Verify(x509.VerifyOptions{DNSName: "localhost", Roots: x509.NewCertPool()})
	assert.Check(t, err != nil, "it is trusted by who does not know it")
}

func TestCertificatesAreNotAlike(t *testing.T) {
	_, one, err1 := New("localhost")
	_, two, err2 := New("localhost")
	assert.Check(t, one != two && err1 == nil && err2 == nil, "twice the same: %v, %v", err1, err2)
}
