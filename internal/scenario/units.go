package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	wholePattern    = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	decimalPattern  = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	durationPattern = regexp.MustCompile(`^-?([0-9]+(\.[0-9]+)?(ms|s|m|min|h))+$`)
	ratePattern     = regexp.MustCompile(`^(-?[0-9]+(?:\.[0-9]+)?)/(([0-9]+(\.[0-9]+)?)?(ms|s|m|min|h))$`)
	sizePattern     = regexp.MustCompile(`^(-?[0-9]+)(B|KiB)$`)
)

var (
	errSyntax = errors.New("does not have the form of the unit")
	errRange  = errors.New("is too large to be represented")
)

// parseDuration reads "1s", "1m30s", "500ms" or "5min".
func parseDuration(text string) (time.Duration, error) {
	if !durationPattern.MatchString(text) {
		return 0, errSyntax
	}
	d, err := time.ParseDuration(strings.ReplaceAll(text, "min", "m"))
	if err != nil {
		return 0, errRange
	}
	return d, nil
}

// parseRate reads "1/s", "1/30s", "10/min" or "0/s" as a number per second.
// Equal rates written differently ("2/min", "1/30s") give the same number.
func parseRate(text string) (float64, error) {
	m := ratePattern.FindStringSubmatch(text)
	if m == nil {
		return 0, errSyntax
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, errRange
	}
	period := m[2]
	if m[3] == "" {
		period = "1" + period
	}
	d, err := parseDuration(period)
	if err != nil || d <= 0 {
		return 0, errRange
	}
	if n == 0 {
		return 0, nil // -0 as well
	}
	return n / d.Seconds(), nil
}

// parseSize reads "200B" or "4KiB" as bytes.
func parseSize(text string) (int, error) {
	m := sizePattern.FindStringSubmatch(text)
	if m == nil {
		return 0, errSyntax
	}
	n, err := strconv.ParseInt(m[1], 10, 32)
	if err != nil {
		return 0, errRange
	}
	if m[2] == "KiB" {
		n *= 1024
	}
	return int(n), nil
}

// formatDuration renders d as people write it: 1h, not 1h0m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// formatRate renders r so that reading it gives r again, as 0.5/s.
func formatRate(r float64) string { return strconv.FormatFloat(r, 'f', -1, 64) + "/s" }

// formatCount renders n in groups of three digits: 1,000,000.
func formatCount(n int64) string {
	if n < 0 {
		return "-" + formatCount(-n)
	}
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("%s,%03d", formatCount(n/1000), n%1000)
}
