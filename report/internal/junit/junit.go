package junit

import (
	"encoding/xml"
	"io"
)

// The elements of JUnit's XML, as CI systems read them.
type (
	JunitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []JunitSuite `xml:"testsuite"`
	}
	JunitSuite struct {
		Name       string           `xml:"name,attr"`
		Tests      int              `xml:"tests,attr"`
		Failures   int              `xml:"failures,attr"`
		Errors     int              `xml:"errors,attr"`
		Skipped    int              `xml:"skipped,attr"`
		Time       string           `xml:"time,attr,omitempty"` // seconds of steady state
		Timestamp  string           `xml:"timestamp,attr,omitempty"`
		Properties *JunitProperties `xml:"properties"`
		Cases      []JunitCase      `xml:"testcase"`
		Out        string           `xml:"system-out,omitempty"`
	}
	JunitProperties struct {
		List []JunitProperty `xml:"property"`
	}
	JunitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	JunitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr,omitempty"`
		Failure *JunitOutcome `xml:"failure"`
		Error   *JunitOutcome `xml:"error"`
		Skipped *JunitOutcome `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	JunitOutcome struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// Add adds a case, and counts it.
func (s *JunitSuite) Add(c JunitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

// Write sums up the suites, and writes all as a document.
func (all *JunitSuites) Write(w io.Writer) error {
	for i := range all.Suites {
		s := &all.Suites[i]
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	return err
}
