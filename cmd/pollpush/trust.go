package main

import (
	"crypto/x509"
	"fmt"
	"os"

	"github.com/pollpush/pollpush/loadgen"
)

// readTrust reads the certificates in PEM that a flag names a file of: as text,
// and as what is trusted then. Without a file, "" and nil stand for the system's.
func readTrust(flag, file string) (string, *x509.CertPool, error) {
	if file == "" {
		return "", nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", nil, &usageError{fmt.Errorf("%s: %w", flag, err)}
	}
	if len(text) == 0 {
		return "", nil, &usageError{fmt.Errorf("%s %s: the file is empty; give certificates in PEM", flag, file)}
	}
	roots, err := loadgen.Roots(string(text))
	if err != nil {
		return "", nil, &usageError{fmt.Errorf("%s %s: %w", flag, file, err)}
	}
	return string(text), roots, nil
}
