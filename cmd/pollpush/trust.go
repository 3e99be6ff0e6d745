package main

import (
	"crypto/x509"

	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/loadgen"
)

// readTrust reads the certificates in PEM that a flag names a file of: as text,
// and as what is trusted then. Without a file, "" and nil mean the system's.
func readTrust(flag, path string) (string, *x509.CertPool, error) {
	if path == "" {
		return "", nil, nil
	}
	const most = 16 << 20 // all that a system trusts is less than one
	text, err := file.Read(path, most)
	if err != nil {
		return "", nil, usage("%s: %w", flag, err)
	}
	if len(text) == 0 {
		return "", nil, usage("%s %s: the file is empty; give certificates in PEM", flag, path)
	}
	roots, err := loadgen.Roots(string(text))
	if err != nil {
		return "", nil, usage("%s %s: %w", flag, path, err)
	}
	return string(text), roots, nil
}
